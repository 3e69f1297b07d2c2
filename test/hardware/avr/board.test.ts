import { createBoard } from '@minewarden/hardware/sim/avr/board.ts'
import { describe, expect, it } from 'vitest'

/** `ldi r16, 1; out SMCR, r16; sleep; rjmp -2`: asleep for good. */
const SLEEPER = new Uint8Array(Uint16Array.of(0xe001, 0xbf03, 0x9588, 0xcffe).buffer)
const CYCLE_MS = 1 / 16_000

describe('time on a simulated board', () => {
  it('goes on by what it is told, through steps and resets at fractions of a cycle', () => {
    const board = createBoard({ flash: SLEEPER })
    let toldMs = 0
    for (let step = 0; step < 200_000; step++) {
      const ms = 0.123 + ((step * 7) % 997) / 83
      if (step % 19 === 0) board.reset(step % 2 === 0 ? 'external' : 'power-on')
      board.runFor(ms)
      toldMs += ms
      if (Math.abs(board.nowMs - toldMs) > 2 * CYCLE_MS) expect(board.nowMs).toBeCloseTo(toldMs, 3)
    }
    expect(Math.abs(board.nowMs - toldMs)).toBeLessThan(2 * CYCLE_MS)
    expect(Number.isInteger(board.cycle)).toBe(true)
  })

  it('calls back at whole cycles, in order', () => {
    const board = createBoard({ flash: SLEEPER })
    const at: number[] = []
    board.runFor(100.00007)
    for (const cycles of [320.4, 0, 2777.8]) board.schedule(cycles, () => at.push(board.cycle))
    board.runFor(1)
    expect(at.map((cycle) => cycle - at[0]!)).toEqual([0, 319, 2777])
  })
})
