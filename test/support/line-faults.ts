/**
 * Everything that happens to a serial line, as a suite for any driver: each fault on a cable of its own, all at once in
 * one process, beside a healthy device that may not lose one frame.
 */
import { chmodSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSerialPort } from '@minewarden/hardware/bindings/serial-port.ts'
import type { DeviceState } from '@minewarden/hardware/contract.ts'
import type { PortPlaces } from '@minewarden/hardware/line/port-finder.ts'
import { type Cable, plugIn } from './pty.ts'

/** A driver and the other side of its line. */
export interface DeviceUnderTest {
  readonly frameMs: number
  /** What the device says next. */
  readonly frame: (number: number) => Uint8Array
  /** What it says when it starts, before the first frame. */
  readonly hello?: () => Uint8Array
  /** What it answers. */
  readonly answer?: (bytes: Uint8Array) => Uint8Array | null
  /** The driver: what it gave, as the numbers of good frames, and its states. */
  readonly read: (places: PortPlaces, signal: AbortSignal) => AsyncIterable<number | DeviceState>
}

/** The acceptance: good data again so long after a fault cleared. */
export const RECOVERED_WITHIN_MS = 10_000
const HOLD_MS = 2_500

/** A device on a cable, and the driver that reads it. */
export class Bench {
  readonly #device: DeviceUnderTest
  readonly #dir = mkdtempSync(join(tmpdir(), 'minewarden-line-'))
  readonly #stop = new AbortController()
  #cable: Cable | null = null
  #timer: NodeJS.Timeout | undefined
  #reading: Promise<void> = Promise.resolve()
  /** Number of the next frame. */
  next = 0
  /** What happens to each frame on its way. */
  garble: (frame: Uint8Array) => Uint8Array | null = (frame) => frame
  /** Frames at a time. */
  times = 1
  /** The reader waits for this before it takes the next item. */
  hold: Promise<void> = Promise.resolve()
  readonly heard: number[] = []
  readonly states: DeviceState[] = []
  /** From a frame's sending to its arrival at the reader, in ms. */
  readonly latenciesMs: number[] = []
  readonly #sentAt = new Map<number, number>()

  constructor(device: DeviceUnderTest) {
    this.#device = device
    chmodSync(this.#dir, 0o755)
  }

  get cable(): Cable {
    if (!this.#cable) throw new Error('no cable is plugged in')
    return this.#cable
  }

  get dir(): string {
    return this.#dir
  }

  async plug(name = 'ttyUSB0'): Promise<void> {
    const { answer, hello } = this.#device
    this.#cable = await plugIn(join(this.#dir, name), (bytes) => {
      const said = this.garble(bytes) && answer?.(bytes)
      if (said) this.#cable?.send(said)
    })
    if (hello) this.#cable.send(hello())
  }

  async unplug(): Promise<void> {
    await this.#cable?.pull()
    this.#cable = null
  }

  start(): void {
    let due = performance.now()
    const tick = () => {
      for (; due <= performance.now(); due += this.#device.frameMs) for (let i = 0; i < this.times; i++) this.#say()
      this.#timer = setTimeout(tick, this.#device.frameMs)
    }
    tick()
    this.#reading = this.#read()
  }

  say(bytes: Uint8Array): void {
    this.#cable?.send(bytes)
  }

  /** A frame of the next number, as it would be said. */
  takeFrame(): Uint8Array {
    const number = this.next++
    this.#sentAt.set(number, performance.now())
    return this.#device.frame(number)
  }

  async end(): Promise<void> {
    clearTimeout(this.#timer)
    this.#stop.abort()
    await this.#reading
    await this.unplug()
    rmSync(this.#dir, { recursive: true, force: true })
  }

  #say(): void {
    const said = this.garble(this.takeFrame())
    if (said) this.#cable?.send(said)
  }

  async #read(): Promise<void> {
    const places = { paths: ['/dev/ttyUSB*', '/dev/ttyACM*'], devDir: this.#dir }
    for await (const item of this.#device.read(places, this.#stop.signal)) {
      if (typeof item === 'number') {
        this.heard.push(item)
        this.latenciesMs.push(performance.now() - (this.#sentAt.get(item) ?? 0))
        this.#sentAt.delete(item)
      } else this.states.push(item)
      await this.hold
    }
  }
}

interface Fault {
  readonly name: string
  /** State and begin of the reason that the driver must tell meanwhile; `null`: none is asked for. */
  readonly told: string | null
  cause(bench: Bench): Promise<void> | void
  clear(bench: Bench): Promise<void> | void
  readonly holdMs?: number
}

const noise = (length: number) => Uint8Array.from({ length }, () => Math.floor(Math.random() * 256))
const well = (frame: Uint8Array) => frame

let releaseReader = () => {}
let releasePort = async () => {}

const FAULTS: readonly Fault[] = [
  { name: 'unplugged', told: 'disconnected line-', cause: (b) => b.unplug(), clear: (b) => b.plug() },
  {
    name: 'plugged in again under another name',
    told: 'disconnected line-',
    cause: (b) => b.unplug(),
    clear: (b) => b.plug('ttyACM7'),
  },
  {
    name: 'unplugged inside a frame',
    told: 'disconnected line-',
    async cause(b) {
      b.say(b.takeFrame().subarray(0, 7))
      await sleep(20)
      await b.unplug()
    },
    clear: (b) => b.plug(),
  },
  {
    name: 'half a frame, then silence',
    told: 'silent line-silent',
    cause(b) {
      b.say(b.takeFrame().subarray(0, 7))
      b.garble = () => null
    },
    clear(b) {
      b.garble = well
    },
  },
  {
    name: 'a burst of garbage',
    told: null,
    holdMs: 100,
    cause: (b) => b.say(noise(20_000)),
    clear() {},
  },
  {
    name: 'endless garbage',
    told: 'bad-data line-garbled',
    cause(b) {
      b.garble = (frame) => noise(frame.length * 4)
    },
    clear(b) {
      b.garble = well
    },
  },
  {
    name: 'wrong baud rate, then right',
    told: 'bad-data line-garbled',
    cause(b) {
      b.garble = (frame) => frame.map((byte) => ((byte << 3) | 0x80) & 0xff)
    },
    clear(b) {
      b.garble = well
    },
  },
  { name: 'reads of 0 bytes', told: null, holdMs: 100, cause: (b) => b.cable.readNothing(), clear() {} },
  { name: 'hung up by the system (EIO)', told: null, holdMs: 100, cause: (b) => b.cable.hangUp(), clear() {} },
  {
    name: 'the port is busy',
    told: 'failed line-busy',
    async cause(b) {
      await b.unplug()
      await b.plug('ttyS9')
      const line = await openSerialPort(b.cable.terminal, { baudRate: 9600 }, { clock: performanceClock })
      releasePort = () => line.close()
      appearAs(b, 'ttyUSB1')
    },
    clear: () => releasePort(),
  },
  {
    name: 'the device restarts',
    told: null,
    holdMs: 300,
    cause(b) {
      b.say(noise(11))
      b.next = 0
      b.garble = () => null
    },
    clear(b) {
      b.garble = well
    },
  },
  {
    name: 'a flood of ten times the rate',
    told: null,
    cause(b) {
      b.times = 10
    },
    clear(b) {
      b.times = 1
    },
  },
  {
    name: 'the reader hangs',
    told: null,
    cause(b) {
      b.hold = new Promise((resolve) => {
        releaseReader = resolve
      })
    },
    clear(b) {
      b.hold = Promise.resolve()
      releaseReader()
    },
  },
]

const performanceClock = { monotonic: () => performance.now() }

/** The port appears, with what is wrong with it already in place. */
function appearAs(bench: Bench, name: string): void {
  symlinkSync(bench.cable.terminal, join(bench.dir, name))
}

/** Nobody may open the port: asked for as another user, as root may open everything. Alone: it is the whole process's. */
const FORBIDDEN: Fault = {
  name: 'no permission',
  told: 'failed line-forbidden',
  async cause(b) {
    await b.unplug()
    await b.plug('ttyS9')
    chmodSync(b.cable.terminal, 0)
    process.seteuid?.(65_534)
    const uid = process.geteuid?.()
    process.seteuid?.(0)
    appearAs(b, 'ttyUSB1')
    if (uid !== undefined) process.seteuid?.(uid)
  },
  clear(b) {
    process.seteuid?.(0)
    chmodSync(b.cable.terminal, 0o600)
  },
}

export interface Outcome {
  readonly fault: string
  readonly recoveredMs: number
  readonly states: readonly string[]
  readonly told: string | null
}
export interface Outcomes {
  readonly outcomes: readonly Outcome[]
  readonly healthy: { readonly sent: number; readonly lost: number; readonly p99Ms: number }
}

/** Plays all faults and measures. `beside`: the healthy device. */
export async function playLineFaults(device: DeviceUnderTest, beside: DeviceUnderTest): Promise<Outcomes> {
  const healthy = new Bench(beside)
  await healthy.plug()
  healthy.start()
  try {
    const outcomes = await Promise.all(FAULTS.map((fault) => play(fault, device)))
    if (process.geteuid?.() === 0 && process.seteuid) outcomes.push(await play(FORBIDDEN, device))
    // What it said before its port was opened nobody can have heard: the last is looked at, not their number.
    await until(() => (healthy.heard.at(-1) ?? 0) >= healthy.next - 3, 'the healthy device is read', 2_000)
    const sent = healthy.heard.at(-1) ?? 0
    const latencies = healthy.latenciesMs.sort((a, b) => a - b)
    return {
      outcomes,
      healthy: {
        sent: sent + 1,
        lost: sent + 1 - (healthy.heard[0] ?? 0) - new Set(healthy.heard).size,
        p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN,
      },
    }
  } finally {
    await healthy.end()
  }
}

async function play(fault: Fault, device: DeviceUnderTest): Promise<Outcome> {
  const bench = new Bench(device)
  await bench.plug()
  bench.start()
  try {
    await until(() => bench.heard.length > 3, `${fault.name}: first data`)
    bench.states.length = 0
    await fault.cause(bench)
    await sleep(fault.holdMs ?? HOLD_MS)
    await fault.clear(bench)
    const clearedAt = performance.now()
    const from = bench.heard.length
    const number = bench.next
    await until(() => bench.heard.slice(from).some((n) => n >= number), `${fault.name}: good data again`)
    const recoveredMs = Math.round(performance.now() - clearedAt)
    await sleep(100)
    return {
      fault: fault.name,
      recoveredMs,
      told: fault.told,
      states: bench.states.map(({ state, reason }) => `${state} ${reason}`.trim()),
    }
  } finally {
    await bench.end()
  }
}

async function until(isSo: () => boolean, what: string, limitMs = RECOVERED_WITHIN_MS + 5_000): Promise<void> {
  const end = performance.now() + limitMs
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`not seen within ${limitMs} ms: ${what}`)
    await sleep(10)
  }
}

/** One line a fault, for the log of a test run. */
export const outcomeTable = ({ outcomes, healthy }: Outcomes): string =>
  [
    ...outcomes.map(
      ({ fault, recoveredMs, states }) =>
        `${fault.padEnd(38)} ${String(recoveredMs).padStart(5)} ms  ${states.map((s) => s.split(':')[0]).join(', ')}`,
    ),
    `healthy device beside: ${healthy.sent} frames, ${healthy.lost} lost, p99 ${healthy.p99Ms.toFixed(1)} ms`,
  ].join('\n')
