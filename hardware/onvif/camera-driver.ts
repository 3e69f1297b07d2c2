import type { Measurement, SensorDriver, Snapshot } from '../contract.ts'
import { MeasurementQueue } from '../line/measurement-queue.ts'
import type { Camera } from './camera.ts'
import { CameraWatch, type CameraWatchDeps, type CameraWatchOptions } from './camera-watch.ts'

/** Readings come at changes; more that nobody takes are dropped, oldest first. */
const WAITING_CEILING = 64

/** The sensor that one camera is: watched while it is read, with at most one picture waiting. */
export function createCameraDriver(
  deps: Omit<CameraWatchDeps, 'emit' | 'hasRoomForPicture'>,
  camera: Camera,
  options: CameraWatchOptions,
): SensorDriver {
  const { device, snapshot } = camera.config
  return {
    sensor: camera.config.sensor,
    kind: 'camera-probe',
    channels: [],
    read: (signal) => readCamera(deps, camera, options, signal),
    // By its stream alone a camera gives none.
    ...((device || snapshot) && { takeSnapshot: (signal: AbortSignal) => takeSnapshot(deps, camera, signal) }),
  }
}

async function* readCamera(
  deps: Omit<CameraWatchDeps, 'emit' | 'hasRoomForPicture'>,
  camera: Camera,
  options: CameraWatchOptions,
  signal: AbortSignal,
): AsyncGenerator<Measurement, void, undefined> {
  const queue = new MeasurementQueue(deps.clock, WAITING_CEILING)
  const emit = (measurement: Measurement) => queue.push(measurement)
  const hasRoomForPicture = () => !queue.holds('snapshot')
  const stop = new AbortController()
  const watch = new CameraWatch({ ...deps, emit, hasRoomForPicture }, camera, options)
  const watching = watch.run(AbortSignal.any([signal, stop.signal])).then(
    () => queue.end(),
    (error: unknown) => queue.end({ error }),
  )
  try {
    yield* queue.read()
  } finally {
    stop.abort()
    await watching
  }
}

async function takeSnapshot(
  { clock }: Pick<CameraWatchDeps, 'clock'>,
  camera: Camera,
  signal: AbortSignal,
): Promise<Snapshot> {
  const jpeg = await camera.takePicture(signal)
  const { at, quality, errorMs } = clock.stamp(clock.monotonic())
  return { kind: 'snapshot', at, jpeg, clock: quality, ...(errorMs !== null && { clockErrorMs: errorMs }) }
}
