/**
 * A process of its own that runs firmware on a simulated board at real speed and joins its serial line to a pseudo-terminal
 * that any program can open. `test/support/avr-board.ts` starts it and talks to it over IPC.
 * Arguments: the firmware (Intel HEX), the path of the pseudo-terminal's link, and what the ADS131M04 at its pins
 * reads (`AdcInput`) if there is to be one.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { type AdcSource, connectAds131m04 } from '../../../hardware/sim/adc/ads131m04.ts'
import { type Board, createBoard } from '../../../hardware/sim/avr/board.ts'
import { collectBytes } from '../../../hardware/sim/avr/cable.ts'
import { parseIntelHex } from '../../../hardware/sim/avr/intel-hex.ts'
import { runPaced } from '../../../hardware/sim/avr/run.ts'
import { type BoardEvent, type BoardOrder, conversionCode } from '../avr-board.ts'

const [hexPath, link, input] = process.argv.slice(2)
if (!hexPath || !link || !process.send) throw new Error('usage: avr-board.ts FIRMWARE.hex LINK, as a child with IPC')

const board = createBoard({ flash: parseIntelHex(readFileSync(hexPath, 'utf8')) })
if (input) connectAds131m04(board, { source: sourceOf(input), driftPpm: 40 })
const stopping = new AbortController()
let terminal: { readonly child: ChildProcessWithoutNullStreams; readonly link: string } | null = null

function sourceOf(what: string): AdcSource {
  if (what === 'telling') return conversionCode
  const channels = JSON.parse(readFileSync(what, 'utf8')) as number[][]
  return (conversion, channel) => channels[channel]?.[conversion % channels[channel].length] ?? 0
}

const tell = (event: BoardEvent) => process.connected && process.send?.(event)

function plug(path: string): void {
  unplug()
  const child = spawn('socat', ['-b', '256', `PTY,link=${path},rawer`, 'STDIO'])
  terminal = { child, link: path }
  child.stdout.on('data', (bytes: Buffer) => board.serial.send(bytes))
  // The terminal went away while bytes were on their way to it.
  child.stdin.on('error', () => {})
  child.stderr.on('data', (text: Buffer) => process.stderr.write(text))
}

function unplug(): void {
  if (!terminal) return
  terminal.child.kill('SIGKILL')
  // Killed, socat leaves its link behind; a device that is unplugged takes its name with it.
  rmSync(terminal.link, { force: true })
  terminal = null
}

const perform: { [K in BoardOrder['kind']]: (order: Extract<BoardOrder, { kind: K }>, board: Board) => void } = {
  reset: () => board.reset('external'),
  unplug: () => unplug(),
  plug: (order) => {
    board.reset('power-on')
    plug(order.link)
  },
  drive: (order) => board.drive(order.pin, order.high),
  analog: (order) => board.setAnalog(order.channel, order.volts),
  baud: (order) => board.serial.setBaud(order.baud),
  disturb: (order) => terminal?.child.stdin.write(Uint8Array.from(order.bytes)),
  stop: () => stopping.abort(),
}

board.serial.onByte(collectBytes((bytes) => terminal?.child.stdin.write(bytes)))
for (let pin = 0; pin < 20; pin++) board.onPin(pin, (high) => tell({ kind: 'pin', pin, high, atMs: board.nowMs }))
process.on('message', (order: BoardOrder) => perform[order.kind](order as never, board))
process.on('disconnect', () => stopping.abort())

plug(link)
await runPaced(board, stopping.signal, { onSkip: (ms) => tell({ kind: 'skipped', ms }) })
unplug()
if (process.connected) process.disconnect()
