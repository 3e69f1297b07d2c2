import type { OrderView, User } from '@minewarden/cloud/core/ports.ts'
import { createOrdersService, type RunningOrdersService } from '@minewarden/cloud/orders-service.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import { openRecords, type Records } from '@minewarden/cloud/shell/records/database.ts'
import { GatewayId, SensorId, SupplierId } from '@minewarden/protocol/ids.ts'
import { generatePrivateKey, type KeySet, verifyDocument } from '@minewarden/protocol/jws.ts'
import { DOCUMENT_TYPES } from '@minewarden/protocol/order.ts'
import { OperatePermission } from '@minewarden/protocol/permission.ts'
import { instant } from '@minewarden/protocol/time.ts'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createServer } from '../../cloud/http/server.ts'
import type { Web } from '../../cloud/http/web.ts'
import { buildConsole, launchBrowser, openPage, sidewaysPx } from '../support/console-page.ts'
import { executed, selected } from '../support/cut-off/drafts.ts'
import { createFakeSupplier, type FakeSupplier } from '../support/cut-off/fake-supplier.ts'
import {
  HEAD,
  ISSUER,
  METER,
  makeFinding,
  makeSite,
  OFFICER,
  POINT,
  pointInput,
  SUPPLIER,
} from '../support/cut-off/fixtures.ts'
import { recordLawfully } from '../support/cut-off/lawful.ts'
import { eventually } from '../support/eventually.ts'
import { createMemoryCloud, systemClock } from '../support/memory/cloud.ts'
import { requires } from '../support/requires.ts'

/** The pages of an order over the real service: what the server permits and refuses is what they show. */
describe.runIf(requires('chromium'))('an order in a browser', () => {
  let dist: Awaited<ReturnType<typeof buildConsole>>
  let browser: Browser
  beforeAll(async () => {
    dist = await buildConsole()
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    dist?.[Symbol.dispose]()
  })

  // A crusher by itself, and a fan on a point of its own: the one may be cut with people below, the other may not.
  const point = (change: object) => pointInput({ surveyedOn: '2020-01-10', ...change })
  const crusherAndFan = makeSite({
    supplyPoints: [point({}), point({ id: 'sp-fan', loadClass: 'C', loads: ['主通风机'], location: '风井 3 号杆' })],
  })
  let site = crusherAndFan
  let cloud: ReturnType<typeof createMemoryCloud>
  let records: Records
  let supplier: FakeSupplier
  let service: RunningOrdersService
  let app: Web
  let url = ''
  beforeEach(async () => {
    site = crusherAndFan
    records = await openRecords(':memory:')
    supplier = await createFakeSupplier(() => service.jwks() as KeySet)
    cloud = createMemoryCloud({ staticDir: dist.directory })
    service = createOrdersService({
      ...{ records, clock: systemClock, logger: silentLogger, live: cloud.deps.live },
      ...{ adapter: supplier, supplierKeys: supplier, suppliers: [SupplierId.parse(SUPPLIER)] },
      ...{ siteOf: () => site, issuer: ISSUER, signingKey: await generatePrivateKey() },
      rules: { effectHoldMs: 200, effectTimeoutMs: 2_000 },
      ...{ random: () => 0.5, tickMs: 100, retry: { firstMs: 100, maxMs: 500 } },
    })
    await service.start()
    app = await createServer({ ...cloud.deps, orders: service })
    url = await app.listen({ host: '127.0.0.1', port: 0 })
  })
  afterEach(async () => {
    await app.close()
    await service[Symbol.asyncDispose]()
    await records.destroy()
  })

  const now = () => systemClock.now()
  /** The desk of evidence in memory knows of no real order. */
  const isOurs = (complaint: string) => !complaint.includes('404')
  const issue = async (): Promise<OrderView> => {
    await service.onState(makeFinding(instant(now() - 1_000)), site)
    const order = await recordLawfully(service, service.list()[0] as OrderView, now())
    await service.approve(order.id, OFFICER, order.documentSha256)
    return await service.approve(order.id, HEAD, order.documentSha256)
  }
  const say = async (about: { id: string; documentSha256: string }, saying: object) =>
    await service.answer(SUPPLIER, await supplier.sign(about, saying))
  const select = async (about: { id: string; documentSha256: string }, id: string, selection = 1) => {
    const { permission } = await say(about, selected(id, selection))
    const { document } = await verifyDocument(
      permission ?? '',
      DOCUMENT_TYPES.permission,
      service.jwks() as KeySet,
      OperatePermission,
    )
    return { document, sha256: service.get(service.list()[0]?.id as never) }
  }
  const open = async (user: User, path: string, options = {}) => {
    const opened = await openPage(browser, url, options)
    await opened.page.goto(`${url}/sign-in#${cloud.sessions.tokenFor(user)}`)
    await opened.page.waitForSelector('.person-name')
    await opened.page.goto(url + path)
    await opened.page.waitForSelector('.order-page')
    return opened
  }
  const shot = (page: Page, name: string) =>
    process.env.MINEWARDEN_SHOTS
      ? page.screenshot({ path: `${process.env.MINEWARDEN_SHOTS}/${name}.png`, fullPage: true })
      : null
  const meter = (watts: number) =>
    service.onReading({
      ...{ offset: 1, gateway: GatewayId.parse(METER.gateway), receivedAt: now(), historical: false },
      reading: {
        ...{ kind: 'power', sensor: SensorId.parse(METER.sensor), channel: null, measuredAt: now(), clock: 'ntp' },
        fields: {
          ...{ activePowerW: watts, currentAA: watts / 230, currentBA: null, currentCA: null, reactivePowerVar: null },
          ...{ voltageAV: 230, voltageBV: null, voltageCV: null, activeEnergyWh: null, simulated: true },
        },
      },
    })
  /** A restoration that went out and is cancelled: the supplier is told, signed, and says that it knows. */
  const cancelOne = async (id: OrderView['id']) => {
    const at = new Date(now()).toISOString()
    const asked = { mine: 'non-coal', subject: '某矿', measures: '停止供电', restoreContent: '恢复供电' } as const
    await service.restore(id, OFFICER, { kind: 'draft', asked: { ...asked, measuresMetAt: at, restoreTime: at } })
    const documentSha256 = service.get(id)?.restoration?.documentSha256 ?? ''
    for (const by of [OFFICER, HEAD]) await service.restore(id, by, { kind: 'approve', documentSha256 })
    await eventually('received', () => service.get(id)?.restoration?.state === 'received')
    await service.restore(id, HEAD, { kind: 'cancel', reason: '瓦斯异常' })
    await eventually('known', () => typeof service.get(id)?.restoration?.withdrawn?.confirmedAt === 'number')
    expect(supplier.deliveries.at(-1)?.order).toBe(service.get(id)?.restoration?.id)
  }
  /** The meter of both points falls to zero and stays there. */
  const measureUntil = (id: OrderView['id'], state: string) =>
    eventually(state, () => {
      meter(0)
      return service.get(id)?.state === state
    })

  test('with someone underground the crusher is cut and the fan kept running; then the order is stopped', async () => {
    const order = await issue()
    await eventually('received', () => service.get(order.id)?.state === 'received')
    const { page, complaints, close } = await open(OFFICER, `/orders/${order.id}`)
    const english = await open(HEAD, `/orders/${order.id}`, { locale: 'en-US', colorScheme: 'dark' })
    await english.page.click('button[lang="en"]')
    expect((await select(order, POINT)).document).toMatchObject({ granted: true })
    expect((await select(order, 'sp-fan')).document).toMatchObject({ granted: false, mayAskAgain: true })
    await page.waitForSelector(`.point-progress[data-point="${POINT}"] [data-step="permitted"][data-mark="past"]`)
    await page.waitForSelector('.point-progress[data-point="sp-fan"] [data-step="permitted"][data-mark="failed"]')
    expect(await page.textContent(`.point-progress[data-point="${POINT}"]`)).toMatch(/操作人.*监护人/s)
    expect(await page.textContent('.point-progress[data-point="sp-fan"] [data-refused]')).toContain('此刻不得操作')
    await say(order, executed(POINT, now()))
    await page.waitForSelector(`.point-progress[data-point="${POINT}"][data-result="executed"]`)
    await shot(page, 'staged-zh')
    await shot(english.page, 'staged-en')

    await page.click('[data-action="stop"]')
    expect(await page.isDisabled('[data-action="confirm-stop"]')).toBe(true)
    await page.fill('dialog textarea', '井下发现人员')
    await shot(page, 'stop-dialog')
    await page.click('[data-action="confirm-stop"]')
    await page.waitForSelector('[data-stopped]')
    await expect.poll(() => english.page.textContent('[data-stopped]')).toMatch(/Stopped by .*井下发现人员.*knows/s)
    expect((await select(order, 'sp-fan', 2)).document).toMatchObject({ granted: false, mayAskAgain: false })
    expect(await page.isVisible('[data-action="stop"]')).toBe(false)
    await measureUntil(order.id, 'watched')
    await page.waitForSelector('[data-effect="partial"]')
    expect(await english.page.textContent('[data-watch]')).toMatch(/7[12]\.\d hours left/)
    await shot(page, 'stopped-zh')
    expect([...complaints, ...english.complaints].filter(isOurs)).toEqual([])
    await close()
    await english.close()
  })

  test('the power comes back by its own document, its gas checks and its stages', async () => {
    const order = await issue()
    await eventually('received', () => service.get(order.id)?.state === 'received')
    for (const id of [POINT, 'sp-fan']) await say(order, executed(id, now()))
    await measureUntil(order.id, 'watched')
    await cancelOne(order.id)
    const officer = await open(OFFICER, `/orders/${order.id}`)
    const head = await open(HEAD, `/orders/${order.id}`)
    const { page } = officer
    await page.waitForSelector('[data-form="restoration"]')
    for (const [name, text] of [
      ['subject', '老虎冲铅锌矿'],
      ['measures', '停止供电'],
      ['restoreContent', '恢复全部供电点'],
      ['measuresMetAt', '2026-03-01T08:00'],
      ['restoreTime', '2026-03-04T08:00'],
    ] as const)
      await page.fill(`[data-form="restoration"] [name="${name}"]`, text)
    await page.click('[data-action="restoration-draft"]')
    for (const one of [officer, head]) {
      await one.page.click('[data-action="restoration-approve"]')
    }
    await eventually('received', () => service.get(order.id)?.restoration?.state === 'received')
    const restoration = service.get(order.id)?.restoration
    if (!restoration) throw new Error('no restoration')
    expect((await select(restoration, POINT)).document).toMatchObject({ granted: false })
    expect((await select(restoration, 'sp-fan')).document).toMatchObject({
      granted: false,
      because: [{ code: 'gas-unchecked' }],
    })
    await page.waitForSelector('[data-form="gas"]')
    await page.fill('[name="measuredBy"]', '甲')
    await page.fill('[name="witness"]', '乙')
    for (const place of ['switch', 'local-fan']) {
      await page.fill(`[name="${place} where"]`, '主井口')
      for (const [gas, value] of [
        ['methanePercent', '0.2'],
        ['oxygenPercent', '20.6'],
        ['carbonMonoxidePpm', '2'],
        ['nitrogenDioxidePpm', '0.1'],
      ] as const)
        await page.fill(`[name="${place} ${gas}"]`, value)
    }
    await shot(page, 'gas-check')
    await page.click('[data-action="gas-check"]')
    await eventually('the gas check', () => service.get(order.id)?.restoration?.gasChecks.length === 1)
    expect((await select(restoration, 'sp-fan', 2)).document).toMatchObject({ granted: true })
    const back = (id: string) => {
      const done = executed(id, now())
      return say(restoration, {
        ...done,
        readback: { ...(done as { readback: object }).readback, position: 'close-permitted' },
      })
    }
    await back('sp-fan')
    await page.waitForSelector('[data-restored="close-permitted"]')
    expect((await select(restoration, POINT, 2)).document).toMatchObject({ granted: true })
    await back(POINT)
    await page.waitForSelector('.order-page[data-order-state="restored"]')
    await shot(page, 'restored')
    expect([...officer.complaints, ...head.complaints].filter(isOurs)).toEqual([])
    await officer.close()
    await head.close()
  })

  test('where no meter shows the cut, people on site report it, and only there', async () => {
    site = makeSite({ supplyPoints: [point({ meter: null }), point({ id: 'sp-yard' })] })
    const order = await issue()
    await eventually('received', () => service.get(order.id)?.state === 'received')
    const { page, complaints, close } = await open(OFFICER, `/orders/${order.id}`)
    const english = await open(HEAD, `/orders/${order.id}`, { viewport: { width: 390, height: 800 } })
    await english.page.click('button[lang="en"]')
    await page.waitForSelector('.point-progress')
    expect(await page.isVisible('[data-action="report-cut"]')).toBe(false)
    for (const id of [POINT, 'sp-yard']) await say(order, executed(id, now()))
    const button = `.point-progress[data-point="${POINT}"] [data-action="report-cut"]`
    await page.waitForSelector(button)
    expect(await page.locator('[data-action="report-cut"]').count()).toBe(1)
    // The form tells seconds: the next whole one is after the cut.
    const cutAt = service.get(order.id)?.supplyPoints[0]?.executedAt ?? now()
    await eventually('the next second', () => now() > cutAt + 1_500)
    await page.click(button)
    await english.page.click(button)
    await page.fill('dialog [name="people"]', '某供电所 甲、乙')
    await page.fill('dialog [name="text"]', '跌落式熔断器已断开，验电无电')
    await shot(page, 'report-zh')
    await shot(english.page, 'report-en')
    await page.click('dialog [data-action="record"]')
    await page.waitForSelector(`.point-progress[data-point="${POINT}"][data-result="seen"]`)
    expect(await page.isVisible('dialog')).toBe(false)
    await english.page.waitForSelector(`.point-progress[data-point="${POINT}"][data-result="seen"]`)
    expect(await page.textContent('.timeline')).toContain('跌落式熔断器已断开，验电无电')
    expect(await page.locator('[data-action="report-cut"]').count()).toBe(0)
    await page.setViewportSize({ width: 390, height: 800 })
    expect(await sidewaysPx(page)).toBe(0)
    await shot(page, 'narrow-zh')
    expect([...complaints, ...english.complaints].filter(isOurs)).toEqual([])
    await close()
    await english.close()
  })
})
