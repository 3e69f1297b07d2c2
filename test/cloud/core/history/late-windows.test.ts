import { WINDOWS } from '@minewarden/cloud/core/history/influxql.ts'
import { LateWindows, mergeStretches } from '@minewarden/cloud/core/history/late-windows.ts'
import { describe, expect, it } from 'vitest'

const WINDOW = WINDOWS.windowMs
const NOW = 1_000 * WINDOW + 1
const LATE = 900 * WINDOW + 5

describe('windows that late points touch', () => {
  it('are owed only when no continuous query will look at them again', () => {
    const windows = new LateWindows()
    windows.wrote('power', 'gw-1', NOW - 1.9 * WINDOW, 5, NOW)
    expect(windows.owedOffset).toBeNull()
    windows.wrote('power', 'gw-1', NOW - 2.1 * WINDOW, 6, NOW)
    expect(windows.owedOffset).toBe(5)
    expect(windows.take()).toEqual([
      { measurement: 'power', gateway: 'gw-1', fromMs: 997 * WINDOW, toMs: 998 * WINDOW },
    ])
  })

  it('hold the journal back behind their first row until they are computed, later ones behind theirs', () => {
    const windows = new LateWindows()
    windows.wrote('power', 'gw-1', LATE, 10, NOW)
    windows.wrote('power', 'gw-1', LATE + WINDOW, 20, NOW)
    const taken = windows.take()
    expect(taken).toEqual([{ measurement: 'power', gateway: 'gw-1', fromMs: 900 * WINDOW, toMs: 902 * WINDOW }])
    windows.wrote('air', 'gw-2', LATE, 30, NOW)
    expect(windows.owedOffset).toBe(9)
    windows.computed()
    expect(windows.owedOffset).toBe(29)
  })

  it('are owed again when they could not be computed', () => {
    const windows = new LateWindows()
    windows.wrote('power', 'gw-1', LATE, 10, NOW)
    const taken = windows.take()
    windows.wrote('power', 'gw-1', LATE - WINDOW, 11, NOW)
    windows.failed(taken)
    expect(windows.owedOffset).toBe(9)
    expect(windows.take()).toEqual([
      { measurement: 'power', gateway: 'gw-1', fromMs: 899 * WINDOW, toMs: 901 * WINDOW },
    ])
  })

  it('are bounded in number: beyond it they are of all gateways', () => {
    const windows = new LateWindows()
    for (let i = 0; i < 20_100; i++) windows.wrote('power', `gw-${i}`, LATE, i + 1, NOW)
    const taken = windows.take()
    expect(taken.length).toBe(20_001)
    expect(taken.at(-1)).toMatchObject({ measurement: 'power', gateway: null })
  })

  it('leave out what is not downsampled', () => {
    const windows = new LateWindows()
    windows.wrote('probe', 'gw-1', LATE, 1, NOW)
    expect(windows.owedOffset).toBeNull()
  })

  it('become one of all gateways where most of them are late, and stay apart where few are', () => {
    const of = (gateway: string, from: number, to: number) => ({
      ...({ measurement: 'power', gateway } as const),
      fromMs: from * WINDOW,
      toMs: to * WINDOW,
    })
    const most = [of('a', 0, 10), of('b', 0, 10), of('c', 2, 10)]
    expect(mergeStretches(most, 4)).toEqual([{ ...of('a', 0, 10), gateway: null }])
    expect(mergeStretches(most, 400)).toEqual(most)
    expect(mergeStretches([of('a', 0, 1), of('b', 99, 100)], 2)).toHaveLength(2)
  })
})
