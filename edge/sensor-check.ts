/** The doctor's look at one sensor: every channel must be heard, every fault be over, within a technician's patience. */
import type {
  Measurement,
  PowerReading,
  ProbeReading,
  SensorDriver,
  WaveformBlock,
} from '@minewarden/hardware/contract.ts'
import type { OpenedDriver } from '@minewarden/hardware/opener.ts'
import type { Millis } from '@minewarden/protocol/time.ts'
import { type Check, fail, messageOf, pass } from './check.ts'

/** A sensor that has not been heard by then has failed the check. */
const PATIENCE_MS: Millis = 10_000
/** A meter is asked three times, with pauses, before it is called anything; its neighbours on the bus have turns too. */
const METER_PATIENCE_MS: Millis = 15_000
/** A fault that lasts so long is told without waiting for the rest. */
const FAULT_PATIENCE_MS: Millis = 4_000
const patienceOf = ({ kind }: Pick<SensorDriver, 'kind'>): Millis =>
  kind === 'power-meter' ? METER_PATIENCE_MS : PATIENCE_MS
const CABLE_HINT = 'Check the cable, the power supply and the address.'
/** A probe speaks only when something changes. */
const QUIET = 'nothing to report'
/** Of faults that no cable mends, by their codes. */
const HINTS: { readonly [code: string]: string } = {
  'camera-denied': 'Check the user and the password; many cameras keep users for ONVIF apart. Then wait ten minutes.',
  'camera-refused': 'Check the port, and that ONVIF (or RTSP) is switched on in the camera.',
  'camera-garbled': 'Check the address: something else answers there, or ONVIF is switched off in the camera.',
  'camera-busy': 'Too many are asking the camera, or it is starting: look at what else is connected to it.',
  'camera-faulted': 'Check what the ONVIF user may do in the camera, and the path of its stream.',
  'meter-garbled': 'Check baud rate, parity and ground, and the 120 ohm at both ends of the bus.',
  'meter-mistaken': 'Read the address on the meter again; look for a second master on the bus.',
  'meter-refused': 'Check the profile; a meter that its owner has closed only the owner can open.',
  'meter-implausible': 'Check the profile: word order, type, scale, address of the register.',
  'meter-outdated': 'Another meter is needed.',
  'device-refused': 'The message says what is refused: a password, a number, a setting.',
}

/** A sensor that is missing: the device behind it may tell what it has instead. */
export async function checkSensor({ driver, survey, describe }: OpenedDriver, signal: AbortSignal): Promise<Check> {
  const check = await checkDriver(driver, signal)
  const words = describe?.() ?? (check.detail === QUIET ? await survey?.(signal) : '') ?? ''
  if (check.passed) return await withWords(check, driver, words, signal)
  if (!survey) return check
  const offered = await survey(signal)
  return check.detail.includes(offered) ? check : { ...check, detail: `${check.detail}; ${offered}` }
}

/** What passes is told with what the device says of itself, and whether it gives pictures. */
async function withWords(check: Check, driver: SensorDriver, words: string, signal: AbortSignal): Promise<Check> {
  const picture = driver.takeSnapshot ? await pictureOf(driver.takeSnapshot, signal) : ''
  return { ...check, detail: [check.detail, words, picture].filter((part) => part !== '').join('; ') }
}

async function pictureOf(take: NonNullable<SensorDriver['takeSnapshot']>, signal: AbortSignal): Promise<string> {
  try {
    return describeReading(await take(AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])))
  } catch (error) {
    return `no picture: ${messageOf(error)}`
  }
}

async function checkDriver(driver: SensorDriver, signal: AbortSignal): Promise<Check> {
  const name = `sensor ${driver.sensor}`
  const hearing = new Hearing(driver)
  try {
    await listen(driver, hearing, AbortSignal.any([signal, AbortSignal.timeout(patienceOf(driver))]))
  } catch (error) {
    return fail(name, messageOf(error), 'Check the driver in the configuration file.')
  }
  if (hearing.isComplete) return pass(name, hearing.words)
  if (hearing.fault) return fail(name, hearing.fault, hintOf(hearing.fault))
  if (hearing.isGone) return fail(name, hearing.words, CABLE_HINT)
  if (driver.kind === 'camera-probe') return pass(name, QUIET)
  return fail(name, hearing.missing, CABLE_HINT)
}

/** Of a fault such as `bad-data: camera-denied: …`. */
const hintOf = (fault: string): string => HINTS[/^[\w-]+: ([a-z-]+)/.exec(fault)?.[1] ?? ''] ?? CABLE_HINT

/** Until everything was heard, a fault has lasted, or the signal aborts. */
async function listen(driver: SensorDriver, hearing: Hearing, signal: AbortSignal): Promise<void> {
  const stop = new AbortController()
  const iterator = driver.read(AbortSignal.any([signal, stop.signal]))[Symbol.asyncIterator]()
  try {
    while (!hearing.isComplete && !signal.aborted) {
      const left =
        hearing.faultSince === null ? patienceOf(driver) : hearing.faultSince + FAULT_PATIENCE_MS - performance.now()
      const result = await Promise.race([iterator.next(), quietFor(left, signal)])
      if (result === null || result.done) return
      hearing.take(result.value)
    }
  } finally {
    stop.abort()
    // A generator that is stuck in an await never answers `return`.
    void Promise.resolve(iterator.return?.()).catch(() => undefined)
  }
}

function quietFor(ms: Millis, signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), Math.max(0, ms))
    timer.unref()
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve(null)
      },
      { once: true },
    )
  })
}

/** What was heard of a sensor so far. */
class Hearing {
  readonly #driver: SensorDriver
  readonly #channels = new Map<string, string>()
  #reading = ''
  #fault = ''
  /** A probe that is offline may be found in a moment. */
  isGone = false
  faultSince: Millis | null = null

  constructor(driver: SensorDriver) {
    this.#driver = driver
  }

  take(measurement: Measurement): void {
    if (measurement.kind === 'waveform') this.#channels.set(measurement.channel, describeWaveform(measurement))
    else if (measurement.kind === 'device') this.#state(measurement.state, measurement.reason)
    else if (measurement.kind === 'probe') {
      this.isGone = measurement.status === 'offline'
      this.#reading = describeReading(measurement)
    } else if (measurement.kind !== 'instrument' && measurement.kind !== 'meter')
      this.#reading ||= describeReading(measurement)
  }

  get isComplete(): boolean {
    return this.faultSince === null && !this.isGone && this.#unheard.length === 0
  }

  get words(): string {
    return [...this.#channels.values(), this.#reading].filter((words) => words !== '').join(', ')
  }

  /** A fault that is not over; empty: none. */
  get fault(): string {
    return this.faultSince === null ? '' : this.#fault
  }

  get missing(): string {
    const what = this.#unheard.join(', ')
    return `${what === '' ? 'nothing' : `nothing of ${what}`} in ${patienceOf(this.#driver) / 1000} s`
  }

  #state(state: string, reason: string): void {
    if (state === 'ok') this.faultSince = null
    else {
      this.faultSince ??= performance.now()
      this.#fault = `${state}: ${reason}`
    }
  }

  get #unheard(): readonly string[] {
    const { channels } = this.#driver
    if (channels.length > 0) return channels.filter((channel) => !this.#channels.has(channel))
    return this.#reading === '' && this.#channels.size === 0 ? [this.#driver.sensor] : []
  }
}

/** Half of the range: what an offset of the instrument leaves of a peak. */
function describeWaveform({ channel, rateHz, counts, countsPerUnit, unit }: WaveformBlock): string {
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (const count of counts) {
    if (count < least) least = count
    if (count > most) most = count
  }
  const swing = counts.length > 0 ? (most - least) / 2 / countsPerUnit : 0
  return `${channel} at ${rateHz} samples/s, peak ${swing.toPrecision(3)} ${unit}`
}

function describeReading(
  measurement: Exclude<Measurement, { kind: 'waveform' | 'device' | 'instrument' | 'meter' }>,
): string {
  switch (measurement.kind) {
    case 'power':
      return describePower(measurement)
    case 'probe':
      return describeProbe(measurement)
    case 'snapshot':
      return `a picture of ${measurement.jpeg.length} bytes`
    case 'enclosure':
      return `door ${measurement.doorOpen === null ? 'not wired' : measurement.doorOpen ? 'open' : 'shut'}`
  }
}

/** All phases: one without voltage and one that is fed the wrong way round show here, before anybody leaves. */
function describePower({ activePowerW, voltageV, currentA }: PowerReading): string {
  const phases = (values: PowerReading['voltageV'], unit: string) =>
    values.every((value) => value === null) ? [] : [`${values.map(rounded).join(' / ')} ${unit}`]
  return [`${rounded(activePowerW)} W`, ...phases(voltageV, 'V'), ...phases(currentA, 'A')].join(', ')
}
const rounded = (value: number | null): string => (value === null ? 'unknown' : String(Number(value.toPrecision(5))))

/** What is wrong although it is online; a clock that is wrong by more than a minute makes its recordings worthless. */
function describeProbe({ status, cause, clockOffsetS }: ProbeReading): string {
  const why = cause ? (status === 'online' ? `, but ${cause}` : `: ${cause}`) : ''
  const isWrong = clockOffsetS !== undefined && clockOffsetS !== null && Math.abs(clockOffsetS) > 60
  const clock = isWrong
    ? `, clock ${Math.round(Math.abs(clockOffsetS))} s ${clockOffsetS > 0 ? 'ahead' : 'behind'}`
    : ''
  return `${status}${why}${clock}`
}
