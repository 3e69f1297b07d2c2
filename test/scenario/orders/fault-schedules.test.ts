import { type AuditEntry, linkEntry, verifyEntries } from '@minewarden/cloud/core/audit.ts'
import { isEnded, type Order } from '@minewarden/cloud/core/orders/order.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { instant, isoTime } from '@minewarden/protocol/time.ts'
import { openJob } from '@minewarden/utility/core/job.ts'
import { beforeAll, describe, expect, test } from 'vitest'
import { draftedOrder } from '../../support/cut-off/drafts.ts'
import { type Cast, DEFECTS, type Defect, type History, RULES, runSchedule } from '../../support/cut-off/fault-world.ts'
import { makeSite, NOW, pointInput } from '../../support/cut-off/fixtures.ts'
import { makeContent, makeOrder } from '../../support/cut-off/signed.ts'
import { fuzzRuns } from '../../support/fuzz.ts'

const SCHEDULES = fuzzRuns(10_000)
const VALID_MS = 10 * 60_000

let casts: readonly Cast[]
beforeAll(async () => {
  const two = makeSite({ supplyPoints: [pointInput(), pointInput({ id: 'sp-2' })] })
  casts = [await castOf(makeSite()), await castOf(two)]
})

async function castOf(site: Site): Promise<Cast> {
  const validUntil = instant(NOW + VALID_MS)
  const order = await draftedOrder(site)
  const document = await makeOrder(makeContent(NOW, { validUntil: isoTime(validUntil) }, site), NOW)
  return {
    site,
    drafted: { ...order, validUntil, content: { ...order.content, validUntil: isoTime(validUntil) } },
    jobOf: (now) => openJob(document, (point) => `feeder of ${point}`, now),
  }
}

/** Everything that is wrong with what happened; empty when it was lawful. */
function wrongs({ order, movements, grants, stoppedAt, states, job, bypassed }: History): string[] {
  const found: string[] = []
  const told = new Map<string, number>()
  for (const { point, at, withdrawnAt } of movements) {
    told.set(point, (told.get(point) ?? 0) + 1)
    const grant = grants.find((one) => one.point === point && at >= one.at && at < one.at + one.forMs)
    if (!grant) found.push('moved without a permission in force')
    if (grant && stoppedAt !== null && grant.at > stoppedAt) found.push('permitted after the stop')
    if (stoppedAt !== null && at >= stoppedAt + RULES.selectTimeoutMs) found.push('moved after the stop')
    if (withdrawnAt !== null && at >= withdrawnAt) found.push('moved after the withdrawal was read')
  }
  for (const [point, count] of told) if (count > 1) found.push(`${point}: told to move ${count} times`)
  for (const { result, id } of order.points) {
    if (result?.kind !== 'zero' && result?.kind !== 'executed') continue
    if (!movements.some(({ point }) => point === id)) found.push('shown to be cut, and never moved')
    if (result.unpermitted) found.push('executed without a permission')
    if (!order.permissions.some(({ granted, point }) => granted && point === id)) found.push('no signed permission')
  }
  if (order.effect?.verdict === 'verified') {
    if (!states.includes('received') && !states.includes('accepted')) found.push('no receipt')
    if (bypassed || order.points.some(({ result }) => result?.kind !== 'zero')) found.push('verified, not measured')
  }
  const ends = states.filter((state) => isEnded(state as Order['state']))
  if (new Set(ends).size > 1) found.push(`several ends: ${ends}`)
  if (!isEnded(order.state) && order.state !== 'watched') found.push(`no end: ${order.state}, job ${job?.state}`)
  return found
}

/** Of grants, too, that none is for longer than the order, by the clock of who gave it. */
function permittedTooLong({ order }: History): string[] {
  return order.permissions.flatMap(({ granted, validUntil, at }) =>
    granted && ((validUntil ?? 0) > order.validUntil || at >= order.validUntil) ? ['permitted beyond the order'] : [],
  )
}

async function chainIntact(histories: readonly History[]): Promise<boolean> {
  const entries: AuditEntry[] = []
  for (const fact of histories.flatMap(({ facts }) => facts))
    entries.push(await linkEntry(fact, entries.at(-1) ?? null))
  return (await verifyEntries(entries)).intact
}

const run = (seed: number, defect: Defect | null = null) =>
  runSchedule(casts[seed % casts.length] as Cast, seed, defect)

describe('whatever is lost, doubled, delayed, reordered, killed, set and stopped', () => {
  test(`nothing is done twice, late, unasked or untold in ${SCHEDULES} schedules`, { timeout: 600_000 }, async () => {
    const reached = new Map<string, number>()
    let kept: History[] = []
    for (let seed = 0; seed < SCHEDULES; seed++) {
      const history = run(seed)
      expect([seed, ...wrongs(history), ...permittedTooLong(history)]).toEqual([seed])
      const what = `${history.order.state}${history.order.stopped ? ' stopped' : ''} ${history.order.effect?.verdict ?? ''}`
      reached.set(what, (reached.get(what) ?? 0) + 1)
      kept.push(history)
      if (kept.length < 500 && seed < SCHEDULES - 1) continue
      expect(await chainIntact(kept)).toBe(true)
      kept = []
    }
    // The schedules are rich enough to lead everywhere: otherwise all this would hold of nothing.
    for (const end of [
      'watched verified',
      'watched ineffective',
      'watched partial',
      'watched stopped partial',
      'cancelled stopped ',
      'expired ',
    ])
      expect([...reached.keys()]).toContain(end)
    expect(reached.get('watched verified')).toBeGreaterThan(SCHEDULES / 10)
  })

  test.each(DEFECTS)('a defect is found: %s', { timeout: 120_000 }, (defect) => {
    const found = new Set<string>()
    for (let seed = 0; seed < 3_000 && found.size === 0; seed++) {
      const history = run(seed, defect)
      for (const wrong of [...wrongs(history), ...permittedTooLong(history)]) found.add(wrong)
    }
    expect([...found]).not.toEqual([])
  })
})
