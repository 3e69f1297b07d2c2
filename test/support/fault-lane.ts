/** Faults one after the other: each stands until it is told, and the next waits until its sensors are well again. */
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from './eventually.ts'

/** A fault and the code by which each of its sensors has to be known. */
export interface Fault {
  readonly name: string
  /** It stands at least so long; longer until it is told. */
  readonly leastMs: number
  readonly begin: () => unknown
  readonly end: () => unknown
  readonly told: { readonly [sensor: string]: string | RegExp }
  /** What it leaves behind outlasts the test. */
  readonly stays?: boolean
}

/** A fault that was; times of `Date.now()`. */
export interface PastFault extends Fault {
  readonly fromMs: number
  readonly toMs: number
  /** From then on its sensors were told to be well. */
  readonly wellMs: number
  /** What each of its sensors was told by. */
  readonly named: { readonly [sensor: string]: string }
}

/** What is known of the sensors. */
export interface Told {
  /** What a sensor told of itself since a moment. */
  since(sensor: string, fromMs: number): readonly string[]
  /** Whether the last that it told is good, and was measured after a moment. */
  isWell(sensor: string, fromMs: number): boolean
}

/** The first word that names the fault. */
const naming = (words: readonly string[], code: string | RegExp): string | undefined =>
  words.find((text) => (typeof code === 'string' ? text.startsWith(code) : code.test(text)))

/** Far more than any takes: a busy machine takes longer. */
const DEADLINE_MS = 90_000

/** @returns the faults in the order in which they ended */
export async function runLane(faults: readonly Fault[], told: Told): Promise<PastFault[]> {
  const past: PastFault[] = []
  for (const fault of faults) {
    const sensors = Object.entries(fault.told)
    const fromMs = Date.now()
    await fault.begin()
    await sleep(fault.leastMs)
    const named: { [sensor: string]: string } = {}
    for (const [sensor, code] of sensors) {
      const isNamed = () => naming(told.since(sensor, fromMs), code)
      named[sensor] = await eventually(`${fault.name}: ${code} of ${sensor}`, isNamed, DEADLINE_MS)
    }
    await fault.end()
    const toMs = Date.now()
    for (const [sensor] of fault.stays ? [] : sensors)
      await eventually(`${sensor} well after: ${fault.name}`, () => told.isWell(sensor, toMs), DEADLINE_MS)
    past.push({ ...fault, fromMs, toMs, wellMs: fault.stays ? Number.POSITIVE_INFINITY : Date.now(), named })
  }
  return past
}
