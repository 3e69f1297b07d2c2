import { DEFAULT_LAW } from '@minewarden/cloud/core/law/default-rules.ts'
import type { Basis } from '@minewarden/cloud/core/law/rules.ts'
import { unspent } from '@minewarden/cloud/core/law/take.ts'
import type { OrderView } from '@minewarden/cloud/core/ports.ts'
import { createOrdersService, type RunningOrdersService } from '@minewarden/cloud/orders-service.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import { readAudit } from '@minewarden/cloud/shell/records/audit-repository.ts'
import { openRecords, type Records } from '@minewarden/cloud/shell/records/database.ts'
import { SiteId, SupplierId } from '@minewarden/protocol/ids.ts'
import { generatePrivateKey, type KeySet, type PrivateKey } from '@minewarden/protocol/jws.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createFakeSupplier } from '../../support/cut-off/fake-supplier.ts'
import { HEAD, ISSUER, makeFinding, makeSite, OFFICER, SUPPLIER, VIEWER } from '../../support/cut-off/fixtures.ts'
import { lawfulEntries, lawfulLegal } from '../../support/cut-off/lawful.ts'
import { createManualClock, type ManualClock } from '../../support/cut-off/manual-clock.ts'

const DAY = 24 * 3_600_000
const SITE = makeSite()
const SITE_ID = SiteId.parse('site-1')
/** 10 in the morning of a working day, Beijing time. */
const MORNING: Instant = instant(Date.UTC(2026, 2, 4, 2, 0))
const ENTRIES = lawfulEntries(DEFAULT_LAW.bases[0] as Basis, instant(MORNING - 2 * DAY))

describe('what was done in law for a site before there is an order', () => {
  let records: Records
  let clock: ManualClock
  let service: RunningOrdersService
  let key: PrivateKey

  const start = async () => {
    const supplier = await createFakeSupplier(() => service.jwks() as KeySet)
    service = createOrdersService({
      ...{ records, clock, logger: silentLogger, live: { publish() {} }, adapter: supplier, supplierKeys: supplier },
      ...{ suppliers: [SupplierId.parse(SUPPLIER)], siteOf: (id) => (id === SITE.id ? SITE : null), issuer: ISSUER },
      ...{ signingKey: key, random: () => 0.5 },
    })
    await service.start()
  }
  beforeEach(async () => {
    records = await openRecords(':memory:')
    clock = createManualClock(MORNING)
    key = await generatePrivateKey()
    await start()
  })
  afterEach(async () => {
    await service[Symbol.asyncDispose]()
    await records.destroy()
  })
  const recordAll = async () => {
    for (const entry of ENTRIES) await service.recordLegal(SITE_ID, OFFICER, entry)
  }
  const draft = async (): Promise<OrderView> => {
    await service.onState(makeFinding(clock.now()), SITE)
    return service.list()[0] as OrderView
  }
  const redOf = ({ gates }: OrderView) => gates.filter(({ passed }) => !passed).map(({ code }) => code)

  test('stands in the draft, which by day needs nothing more than its approvals', async () => {
    await recordAll()
    const order = await draft()
    expect(redOf(order)).toEqual([])
    expect(order.legal.steps.every(({ done }) => done?.from === 'site-1')).toBe(true)
    expect(order.timeline[0]?.notes.map(({ code }) => code)).toContain('steps-taken-over')
    await service.approve(order.id, OFFICER, order.documentSha256)
    expect((await service.approve(order.id, HEAD, order.documentSha256)).state).toBe('issued')
  })

  test('is kept over a restart, and in the audit log', async () => {
    await recordAll()
    await service[Symbol.asyncDispose]()
    await start()
    expect(redOf(await draft())).toEqual([])
    const log = await readAudit(records, 0)
    expect(log.filter(({ action }) => action === 'site.legal-step')).toHaveLength(ENTRIES.length)
  })

  test('serves no order once somebody edited its record', async () => {
    await recordAll()
    await service[Symbol.asyncDispose]()
    await sql`UPDATE site_law SET record = replace(record, '全应急', '县应急')`.execute(records)
    await start()
    const order = await draft()
    expect(order.legal.steps.every(({ done }) => done === null)).toBe(true)
    expect(redOf(order)).toContain('legal-steps')
  })

  test('is refused as it is on an order', async () => {
    const [first] = ENTRIES
    if (!first) throw new Error('a step expected')
    await expect(service.recordLegal(SITE_ID, VIEWER, first)).rejects.toMatchObject({ code: 'not-allowed' })
    await expect(service.recordLegal(SiteId.parse('none'), OFFICER, first)).rejects.toMatchObject({ code: 'not-found' })
    const wrong = { ...first, number: null }
    await expect(service.recordLegal(SITE_ID, OFFICER, wrong)).rejects.toMatchObject({ code: 'order-unsafe' })
    expect(service.legalOf(SITE_ID).steps.every(({ done }) => done === null)).toBe(true)
  })

  test('waits for the day like anything else', async () => {
    await recordAll()
    await clock.advance(13 * 3_600_000)
    expect(redOf(await draft())).toEqual(['lawful-hour'])
  })
})

test('a decision that an order went out on is spent, and what rests on it; what came before it is not', () => {
  const legal = lawfulLegal(SITE, MORNING)
  const left = unspent(legal, MORNING).steps.map(({ step }) => step)
  expect(left).toEqual(expect.arrayContaining(['stop-decision', 'refusal', 'danger']))
  for (const step of ['decision', 'rights', 'notice', 'service', 'operator-notice']) expect(left).not.toContain(step)
  expect(unspent(legal, instant(MORNING - 1)).steps).toHaveLength(legal.steps.length)
})
