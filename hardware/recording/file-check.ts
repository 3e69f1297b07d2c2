import { open, stat } from 'node:fs/promises'
import { HardwareError } from '../errors.ts'
import { decodeAll } from '../miniseed/stream.ts'
import { csvLines } from './csv-lines.ts'
import type { RecordedSensor } from './recorded-sensor.ts'
import { POWER_TABLE, PROBE_TABLE } from './table.ts'

/** A sound record must begin within this: two of the longest. */
const PROBED_BYTES = 128 * 1024

/**
 * Looks at the beginning of a sensor's file. An empty waveform file is a sensor that measured nothing.
 * @throws HardwareError `recording-unreadable` naming the file: it is missing, has another header, or no record
 */
export async function checkSensorFile(sensor: RecordedSensor): Promise<void> {
  const problem = problemOf(sensor, await readBeginning(sensor))
  if (problem) throw new HardwareError('recording-unreadable', `${sensor.path}: ${problem}`)
}

async function readBeginning({ path }: RecordedSensor): Promise<Uint8Array> {
  try {
    const { size } = await regularFile(path)
    await using file = await open(path, 'r')
    const bytes = new Uint8Array(Math.min(size, PROBED_BYTES))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
    return bytes.subarray(0, bytesRead)
  } catch (error) {
    throw new HardwareError('recording-unreadable', `${path}: ${(error as Error).message}`, error)
  }
}

/** Opening a pipe or a device would wait for its other end. */
async function regularFile(path: string) {
  const found = await stat(path)
  if (!found.isFile()) throw new Error('not a file')
  return found
}

function problemOf({ kind }: RecordedSensor, bytes: Uint8Array): string | null {
  if (kind === 'geophone' || kind === 'air-pressure') return waveformProblem(bytes)
  const { header } = kind === 'power-meter' ? POWER_TABLE : PROBE_TABLE
  const [line] = csvLines([bytes])
  const found = line?.number === 1 ? (line.text ?? '') : ''
  return found === header ? null : `header: expected "${header}", found "${found.slice(0, 200)}"`
}

function waveformProblem(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return null
  const items = decodeAll(bytes, { reuseSamples: true })
  for (const item of items) if (item.kind === 'record') return null
  return `no miniSEED record in the first ${bytes.length} bytes`
}
