import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { eventually } from './eventually.ts'

/** What the child is told to do to its board. */
export type BoardOrder =
  | { readonly kind: 'reset' | 'unplug' | 'stop' }
  | { readonly kind: 'plug'; readonly link: string }
  | { readonly kind: 'drive'; readonly pin: number; readonly high: boolean | null }
  | { readonly kind: 'analog'; readonly channel: number; readonly volts: number }
  | { readonly kind: 'baud'; readonly baud: number | null }
  | { readonly kind: 'disturb'; readonly bytes: readonly number[] }

/** What it tells: a pin that the firmware changed, time that an overloaded machine left out. */
export type BoardEvent =
  | { readonly kind: 'pin'; readonly pin: number; readonly high: boolean; readonly atMs: number }
  | { readonly kind: 'skipped'; readonly ms: number }

/** A board that runs at real speed in a process of its own, behind a pseudo-terminal. Needs `socat`. */
export interface BoardProcess extends AsyncDisposable {
  readonly pid: number
  /** Returns at once; a `plug` or `unplug` shows a moment later. */
  order(order: BoardOrder): void
  /** The level of a pin that the firmware set last. */
  level(pin: number): boolean
  readonly skippedMs: number
}

/** Room for two and a half hours at 1000 samples a second between the codes of two channels. */
const CODES_A_CHANNEL = 2 ** 21
/** What a board's ADC reads: the number of the conversion, above a base for each channel. */
export const conversionCode = (conversion: number, channel: number): number =>
  channel * CODES_A_CHANNEL + (conversion % CODES_A_CHANNEL)

/** What the ADC reads: {@link conversionCode}, or again and again the channels' samples of a JSON file (its path). */
export type AdcInput = 'telling' | `/${string}`

/** Resolves when `link` is there to be opened. @param adc an ADS131M04 at its pins; see `AdcInput` */
export async function startBoard(hexPath: string, link: string, adc?: AdcInput): Promise<BoardProcess> {
  const program = new URL('./children/avr-board.ts', import.meta.url).pathname
  const child: ChildProcess = fork(program, adc ? [hexPath, link, adc] : [hexPath, link])
  const levels = new Map<number, boolean>()
  let skippedMs = 0
  child.on('message', (event: BoardEvent) => {
    if (event.kind === 'pin') levels.set(event.pin, event.high)
    else skippedMs += event.ms
  })
  const running = () => child.exitCode === null && child.signalCode === null
  await eventually('the terminal of the simulated board', () => existsSync(link) || !running())
  if (!running()) throw new Error('the simulated board ended before its terminal was there')
  return {
    pid: child.pid!,
    order: (order) => child.send(order),
    level: (pin) => levels.get(pin) ?? false,
    get skippedMs() {
      return skippedMs
    },
    async [Symbol.asyncDispose]() {
      if (!running()) return
      const ended = once(child, 'exit')
      child.send({ kind: 'stop' } satisfies BoardOrder)
      const killer = setTimeout(() => child.kill('SIGKILL'), 3_000)
      await ended
      clearTimeout(killer)
    },
  }
}
