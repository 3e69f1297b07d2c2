import type { Millis } from '@minewarden/protocol/time.ts'
import { HardwareError } from '../../errors.ts'
import { ChunkQueue } from '../../line/chunk-queue.ts'
import type { ByteLine, LineOpener } from '../../line/contract.ts'
import type { Board } from './board.ts'

/** The USB cable between a simulated board and its computer, without an operating system in between. */
export interface Cable {
  readonly open: LineOpener
  /** Breaks an open line; nothing can be opened until `plug`. */
  unplug(): void
  /** The board is there again, without its power in between unless it has its own, under another name if one is given. */
  plug(name?: string): void
  /** Hands the computer bytes that the board never sent. */
  disturb(bytes: Uint8Array): void
  /** Cut: the line stays open, but nothing passes in this direction. */
  setCut(cut: { readonly toBoard: boolean; readonly toComputer: boolean }): void
}

export interface CableOptions {
  readonly name?: string
  /** Turns the moment of a byte's last bit, simulated, into monotonic time; by default they are the same. */
  readonly monotonic?: (simulatedMs: Millis) => Millis
  /** Off for a board with a supply of its own, which a pulled plug does not stop. */
  readonly powersBoard?: boolean
  /** An Arduino Uno is reset when its port is opened (DTR). */
  readonly resetOnOpen?: boolean
}

export function createCable(board: Board, options: CableOptions = {}): Cable {
  const { monotonic = (ms) => ms, resetOnOpen = true, powersBoard = true } = options
  let name = options.name ?? 'simulated-board'
  let plugged = true
  let cut = { toBoard: false, toComputer: false }
  let queue: ChunkQueue | null = null

  const lost = () => new HardwareError('line-lost', `${name} is gone`)
  const collect = collectBytes((bytes, atMs) => queue?.push({ bytes, at: monotonic(atMs) }))
  board.serial.onByte((byte, atMs) => {
    if (plugged && queue && !cut.toComputer) collect(byte, atMs)
  })
  const openLine = (): ByteLine => {
    const own = new ChunkQueue()
    queue = own
    if (resetOnOpen) board.reset('external')
    return {
      name,
      get droppedBytes() {
        return own.droppedBytes
      },
      read: () => own.read(),
      async write(bytes) {
        if (queue !== own) throw lost()
        if (!cut.toBoard) board.serial.send(bytes)
      },
      async close() {
        own.end()
        if (queue === own) queue = null
      },
    }
  }
  return {
    async open(signal) {
      signal.throwIfAborted()
      if (!plugged) throw new HardwareError('line-absent', `${name} is not there`)
      if (queue) throw new HardwareError('line-busy', `${name} is open already`)
      return openLine()
    },
    unplug() {
      plugged = false
      queue?.end(lost())
      queue = null
      board.serial.drop()
    },
    plug(newName) {
      name = newName ?? name
      plugged = true
      if (powersBoard) board.reset('power-on')
    },
    disturb: (bytes) => queue?.push({ bytes: Uint8Array.from(bytes), at: monotonic(board.nowMs) }),
    setCut(value) {
      cut = { ...value }
    },
  }
}

/** Bytes that come in one go travel together, as through a USB adaptor; the moment is that of the last. */
export function collectBytes(deliver: (bytes: Uint8Array, atMs: Millis) => void): (byte: number, atMs: Millis) => void {
  let bytes: number[] = []
  let lastMs: Millis = 0
  return (byte, atMs) => {
    if (bytes.length === 0) {
      queueMicrotask(() => {
        const together = Uint8Array.from(bytes)
        bytes = []
        deliver(together, lastMs)
      })
    }
    bytes.push(byte)
    lastMs = atMs
  }
}
