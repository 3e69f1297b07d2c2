import { encodeFrame } from '@minewarden/hardware/digitiser/frame.ts'
import { parseAck, parseDataHead, parseHealth, parseHello, TYPE } from '@minewarden/hardware/digitiser/messages.ts'
import { HardwareError } from '@minewarden/hardware/errors.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzzRuns } from '../../support/fuzz.ts'
import { BenchTable } from './bench-table.ts'

/** Sound frames of any content, as a hostile or a mad device makes them. */
const anyFrame = fc
  .tuple(fc.constantFrom(...Object.values(TYPE), 0x55), fc.uint8Array({ maxLength: 240 }))
  .map(([type, payload]) => encodeFrame(type, payload))
/** DATA that is well formed, with any numbers. */
const anyData = fc
  .tuple(
    fc.uint8Array({ minLength: 10, maxLength: 10 }),
    fc.integer({ min: 1, max: 19 }),
    fc.integer({ min: 0, max: 255 }),
  )
  .map(([head, samples, fill]) => {
    const payload = new Uint8Array(12 + samples * 12).fill(fill)
    payload.set(head)
    payload[10] = 4
    payload[11] = samples
    return encodeFrame(TYPE.data, payload)
  })
const noise = fc.uint8Array({ maxLength: 300 })

/** A million runs take a quarter of an hour. */
const FUZZ_LIMIT_MS = 3_600_000

describe('whatever a line brings', () => {
  it(
    'is taken by the parsers of payloads without a throw',
    () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 260 }), (payload) => {
          for (const parse of [parseHello, parseDataHead, parseHealth, parseAck]) parse(payload)
        }),
        { numRuns: fuzzRuns(1_000) },
      )
    },
    FUZZ_LIMIT_MS,
  )

  it(
    'gives nothing but named errors and blocks whose every value is a number in order',
    () => {
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.oneof(anyFrame, anyData, noise), fc.nat(5_000)), { maxLength: 40 }),
          (chunks) => {
            const table = new BenchTable()
            table.plugIn()
            table.seconds(3)
            let last = Number.NEGATIVE_INFINITY
            for (const [bytes, laterMs] of chunks) {
              table.nowMs += laterMs
              try {
                table.deliver(bytes)
              } catch (error) {
                expect(error).toBeInstanceOf(HardwareError)
                table.receiver.closed()
                table.plugIn()
              }
            }
            expect(table.blocks('HHZ').length).toBeGreaterThan(0)
            for (const block of table.blocks('HHZ')) {
              expect(Number.isFinite(block.startAt)).toBe(true)
              expect(Number.isFinite(block.clockErrorMs)).toBe(true)
              expect(block.counts.length).toBeGreaterThan(0)
              expect(block.counts.length).toBeLessThan(200)
              expect(block.startAt).toBeGreaterThan(last)
              last = block.startAt
            }
            expect(table.out.length).toBeLessThan(2_000)
          },
        ),
        { numRuns: fuzzRuns(200) },
      )
    },
    FUZZ_LIMIT_MS,
  )

  it(
    'costs at most one good frame: the blocks after it are whole again',
    () => {
      fc.assert(
        fc.property(noise, fc.nat(150), (bytes, at) => {
          const table = new BenchTable()
          table.plugIn()
          table.seconds(3)
          const frame = table.device.data()
          table.nowMs += 40
          const cut = at % frame.length
          table.deliver(frame.subarray(0, cut))
          table.deliver(bytes)
          table.deliver(frame.subarray(cut))
          table.seconds(3)
          table.out.push(...table.receiver.closed())
          const arrived = table.blocks('HHZ').reduce((sum, { counts }) => sum + counts.length, 0)
          expect(table.device.next - arrived).toBeLessThanOrEqual(10)
        }),
        { numRuns: fuzzRuns(200) },
      )
    },
    FUZZ_LIMIT_MS,
  )
})
