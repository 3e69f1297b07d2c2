import { GatewayLedger, MAX_EPOCHS_PER_GATEWAY } from '@minewarden/cloud/core/ledger.ts'
import { Acknowledgement, MAX_RANGES } from '@minewarden/protocol/spool.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const EPOCH = '00000000-0000-4000-8000-000000000001'
const OTHER = '00000000-0000-4000-8000-000000000002'
const epochId = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

const commit = (ledger: GatewayLedger) => {
  const saved = ledger.unsaved()
  ledger.committed()
  return saved
}

describe('a ledger of one gateway', () => {
  test('acknowledges only what was committed', () => {
    const ledger = new GatewayLedger()
    ledger.born(EPOCH, 1)
    ledger.admit(EPOCH, 1)
    expect(ledger.acknowledgement(9)?.ranges).toEqual([])
    commit(ledger)
    expect(ledger.acknowledgement(9)).toEqual({ epoch: EPOCH, ranges: [[1, 1]], rejected: [], window: 9 })
  })

  test('tells new, pending and duplicate rows apart', () => {
    const ledger = new GatewayLedger()
    expect(ledger.admit(EPOCH, 5)).toBe('new')
    expect(ledger.admit(EPOCH, 5)).toBe('pending')
    commit(ledger)
    expect(ledger.admit(EPOCH, 5)).toBe('duplicate')
    expect(ledger.reject(EPOCH, 5)).toBe('duplicate')
  })

  test('a transaction that failed leaves the rows to be taken again', () => {
    const ledger = new GatewayLedger()
    ledger.admit(EPOCH, 5)
    ledger.rolledBack()
    expect(ledger.unsaved()).toEqual([])
    expect(ledger.admit(EPOCH, 5)).toBe('new')
  })

  test('a row that would open one range too many stays uncommitted, one that closes a gap does not', () => {
    const ledger = new GatewayLedger()
    for (let i = 0; i < MAX_RANGES; i++) expect(ledger.admit(EPOCH, 1 + 2 * i)).toBe('new')
    expect(ledger.admit(EPOCH, 1 + 2 * MAX_RANGES)).toBe('full')
    expect(ledger.admit(EPOCH, 2)).toBe('new')
    expect(ledger.admit(EPOCH, 1 + 2 * MAX_RANGES)).toBe('new')
    commit(ledger)
    expect(Acknowledgement.safeParse(ledger.acknowledgement(1)).success).toBe(true)
  })

  test('a birth settles what is below its oldest row, rejected or not', () => {
    const ledger = new GatewayLedger()
    ledger.admit(EPOCH, 3)
    ledger.reject(EPOCH, 4)
    ledger.reject(EPOCH, 9)
    commit(ledger)
    ledger.born(EPOCH, 8)
    commit(ledger)
    expect(ledger.acknowledgement(1)).toMatchObject({
      ranges: [
        [1, 7],
        [9, 9],
      ],
      rejected: [[9, 9]],
    })
    expect(ledger.admit(EPOCH, 6)).toBe('duplicate')
  })

  test('a new epoch starts a new count, and the old one is not forgotten', () => {
    const ledger = new GatewayLedger()
    ledger.born(EPOCH, 1)
    ledger.admit(EPOCH, 1)
    commit(ledger)
    ledger.born(OTHER, 1)
    expect(ledger.admit(OTHER, 1)).toBe('new')
    commit(ledger)
    expect(ledger.acknowledgement(1)?.epoch).toBe(OTHER)
    expect(ledger.admit(EPOCH, 1)).toBe('duplicate')
  })

  test('rejected rows are named as such, the newest of them when they would need too many ranges', () => {
    const ledger = new GatewayLedger()
    for (let i = 1; i <= 2 * MAX_RANGES; i++) ledger.admit(EPOCH, 3 * i)
    ledger.born(EPOCH, 3 * 2 * MAX_RANGES)
    for (let i = 0; i <= MAX_RANGES; i++) ledger.reject(EPOCH, 10_000 + i)
    commit(ledger)
    expect(ledger.acknowledgement(1)?.rejected).toEqual([[10_000, 10_000 + MAX_RANGES]])
  })

  test('what was saved brings it back as it was', () => {
    const ledger = new GatewayLedger()
    ledger.born(EPOCH, 1)
    for (const sequence of [1, 2, 7]) ledger.admit(EPOCH, sequence)
    ledger.reject(EPOCH, 8)
    const first = commit(ledger)
    ledger.born(OTHER, 4)
    const second = commit(ledger)
    const again = new GatewayLedger([...first, ...second])
    expect(again.acknowledgement(3)).toEqual(ledger.acknowledgement(3))
    expect(again.currentEpoch).toBe(OTHER)
    expect(again.admit(EPOCH, 8)).toBe('duplicate')
  })

  test('forgets the epoch that was used longest ago when a gateway shows too many', () => {
    const ledger = new GatewayLedger()
    for (let n = 1; n <= MAX_EPOCHS_PER_GATEWAY; n++) ledger.born(epochId(n), 1)
    commit(ledger)
    ledger.born(epochId(1), 1)
    ledger.born(epochId(999), 1)
    ledger.rolledBack()
    expect(ledger.forgotten()).toEqual([epochId(2)])
    ledger.committed()
    expect(ledger.forgotten()).toEqual([])
  })

  test('keeps the epochs that the open transaction names, and refuses one more than it may remember', () => {
    const ledger = new GatewayLedger()
    for (let n = 1; n <= MAX_EPOCHS_PER_GATEWAY; n++) {
      ledger.born(epochId(n), 1)
      ledger.admit(epochId(n), 1)
    }
    expect(() => ledger.born(epochId(999), 1)).toThrow('64 epochs at once')
    expect(ledger.forgotten()).toEqual([])
    expect(commit(ledger)).toHaveLength(MAX_EPOCHS_PER_GATEWAY)
    ledger.born(epochId(999), 1)
    expect(ledger.forgotten()).toEqual([epochId(1)])
  })

  test('never takes a sequence twice, whatever comes in whatever order, and never more ranges than allowed', () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 1, max: 400 }).map((sequence) => ({ sequence })) },
      { weight: 1, arbitrary: fc.constant('commit' as const) },
      { weight: 1, arbitrary: fc.constant('fail' as const) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const ledger = new GatewayLedger()
        const kept = new Set<number>()
        const pending = new Set<number>()
        for (const each of steps) {
          if (each === 'commit') {
            commit(ledger)
            for (const sequence of pending) kept.add(sequence)
            pending.clear()
          } else if (each === 'fail') {
            ledger.rolledBack()
            pending.clear()
          } else {
            const taken = ledger.admit(EPOCH, each.sequence) === 'new'
            if (taken && (kept.has(each.sequence) || pending.has(each.sequence))) return false
            if (taken) pending.add(each.sequence)
          }
        }
        commit(ledger)
        const ranges = ledger.acknowledgement(1)?.ranges ?? []
        const told = ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i))
        const wanted = [...kept, ...pending].sort((a, b) => a - b)
        return ranges.length <= MAX_RANGES && JSON.stringify(told) === JSON.stringify(wanted)
      }),
      { numRuns: 200 },
    )
  })
})
