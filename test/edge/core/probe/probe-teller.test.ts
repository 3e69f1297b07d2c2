import { CALM_MS, FLAPS, ProbeTeller } from '@minewarden/edge/core/probe/probe-teller.ts'
import type { ProbeVerdict } from '@minewarden/edge/core/probe/probe-verdict.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'

const MINUTE = 60_000
const T0 = 1e12
const at = (s: number) => instant(T0 + s * 1_000)
const verdict = (
  status: ProbeVerdict['status'],
  cause: string | null = status === 'online' ? null : 'x',
): ProbeVerdict => ({ status, cause, confidence: 1, since: instant(T0) })

/** Off and on each `everyS` for `forS`; what was told. */
function flap(teller: ProbeTeller, everyS: number, forS: number, fromS = 0): ProbeVerdict[] {
  const told: ProbeVerdict[] = []
  for (let s = fromS; s < fromS + forS; s += 1) {
    const isOff = Math.floor((s - fromS) / everyS) % 2 === 1
    const news = teller.judge(verdict(isOff ? 'offline' : 'online'), at(s))
    if (news) told.push(news)
  }
  return told
}

describe('what is told of a probe', () => {
  it('is a fault at once, its end after it stood for a minute', () => {
    const teller = new ProbeTeller(MINUTE)
    teller.judge(verdict('online'), at(0))
    expect(teller.judge(verdict('tampered'), at(1))?.status).toBe('tampered')
    expect(teller.judge(verdict('online'), at(2))).toBeNull()
    expect(teller.judge(verdict('online'), instant(T0 + 61_999))).toBeNull()
    expect(teller.judge(verdict('online'), at(62))?.status).toBe('online')
    expect(teller.heldFrom).toBe(at(2))
  })

  it('is that it is there, a fault, and that it flaps, when it comes and goes each ten seconds for ten minutes', () => {
    const told = flap(new ProbeTeller(MINUTE), 10, 600)
    expect(told.map(({ status, cause }) => `${status} ${cause}`)).toEqual([
      'online null',
      'offline x',
      `offline flapping:${FLAPS}`,
    ])
  })

  it('says once an hour how often it flaps, and what it is when it has stood still', () => {
    const teller = new ProbeTeller(MINUTE)
    const told = flap(teller, 120, 3 * 3_600)
    const flapping = told.filter(({ cause }) => cause?.startsWith('flapping:'))
    expect(flapping).toHaveLength(3)
    // Off each four minutes: fifteen times an hour.
    expect(flapping.at(-1)?.cause).toBe('flapping:15')
    expect(told.length).toBeLessThan(16)
    const calm: ProbeVerdict[] = []
    for (let s = 3 * 3_600; s <= 3 * 3_600 + CALM_MS / 1_000; s++) {
      const news = teller.judge(verdict('online'), at(s))
      if (news) calm.push(news)
    }
    expect(calm.map(({ status, cause }) => [status, cause])).toEqual([['online', null]])
  })

  it('is another fault at once, although it flaps', () => {
    const teller = new ProbeTeller(MINUTE)
    flap(teller, 10, 600)
    expect(teller.judge(verdict('tampered'), at(601))?.status).toBe('tampered')
  })

  it('is everything as it comes when nothing is to settle', () => {
    expect(flap(new ProbeTeller(0), 10, 600)).toHaveLength(60)
  })
})
