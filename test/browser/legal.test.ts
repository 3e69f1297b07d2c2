import { SupplierId } from '@minewarden/protocol/ids.ts'
import { generatePrivateKey } from '@minewarden/protocol/jws.ts'
import { instant } from '@minewarden/protocol/time.ts'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_LAW } from '../../cloud/core/law/default-rules.ts'
import type { OrderView } from '../../cloud/core/ports.ts'
import { createServer } from '../../cloud/http/server.ts'
import { createOrdersService } from '../../cloud/orders-service.ts'
import { silentLogger } from '../../cloud/shell/logger.ts'
import { openRecords } from '../../cloud/shell/records/database.ts'
import { buildConsole, launchBrowser, openPage, sidewaysPx } from '../support/console-page.ts'
import { ISSUER, makeFinding, makeSite, pointInput, SUPPLIER } from '../support/cut-off/fixtures.ts'
import { lawfulRecords } from '../support/cut-off/lawful.ts'
import { createMemoryCloud, systemClock } from '../support/memory/cloud.ts'
import { USERS } from '../support/memory/sessions.ts'
import { requires } from '../support/requires.ts'

const SITE = makeSite({
  supplyPoints: [
    pointInput(),
    pointInput({ id: 'sp-b', loadClass: 'B', loads: ['井下皮带'] }),
    pointInput({ id: 'sp-c', topology: 'unknown', loads: ['主通风机'] }),
  ],
})
const SHOTS = process.env.MINEWARDEN_SCREENSHOTS

/** The console over the very service of the orders: what it refuses is refused by the machine itself. */
async function startConsole(staticDir: string) {
  const cloud = createMemoryCloud({ staticDir })
  const records = await openRecords(':memory:')
  const orders = createOrdersService({
    records,
    clock: systemClock,
    logger: silentLogger,
    live: cloud.deps.live,
    adapter: { deliver: async () => ({ kind: 'failed', reason: 'not reached' }) },
    supplierKeys: { keysOf: async () => ({ keys: [] }) },
    suppliers: [SupplierId.parse(SUPPLIER)],
    siteOf: () => SITE,
    issuer: ISSUER,
    signingKey: await generatePrivateKey(),
    random: Math.random,
  })
  await orders.start()
  await orders.onState(makeFinding(instant(systemClock.now() - 1000)), SITE)
  const app = await createServer({ ...cloud.deps, orders })
  return {
    orders,
    sessions: cloud.sessions,
    url: await app.listen({ host: '127.0.0.1', port: 0 }),
    async [Symbol.asyncDispose]() {
      await app.close()
      await orders[Symbol.asyncDispose]()
      await records.destroy()
    },
  }
}

describe.runIf(requires('chromium'))('the law of an order in a browser', () => {
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

  test('an order is red until its legal steps are recorded, and the page says whose turn it is and by what law', async () => {
    await using app = await startConsole(dist.directory)
    const { url, orders } = app
    const order = orders.list()[0] as OrderView
    const { page, complaints, strangers, close } = await openPage(browser, url)
    const signIn = async (token: string) => {
      await page.goto(`${url}/sign-in#${token}`)
      await page.waitForSelector('.person-name')
      await page.goto(`${url}/orders/${order.id}`)
      await page.waitForSelector('.order-page')
    }

    await signIn(app.sessions.tokenFor(USERS.officer))
    expect(await page.locator('.legal-steps .gate-failed').count()).toBe(order.legal.steps.length)
    expect(await page.textContent('.gates')).toMatch(/法定步骤齐全.*行政强制法第三十五条.*执法人员/s)
    expect(await page.isDisabled('[data-action="approve"]')).toBe(true)

    // A form that the machine refuses, with its reason.
    await page.click('[data-action="record-stop-decision"]')
    await page.fill('dialog [name="number"]', '全应急〔2026〕1号')
    await page.fill('dialog [name="at"]', '2035-01-01T00:00')
    await page.click('[data-action="record"]')
    await page.waitForSelector('dialog .failure')
    expect(await page.textContent('dialog .failure')).toContain('dated in the future')
    await page.fill('dialog [name="at"]', '2026-01-05T09:00')
    expect(orders.get(order.id)?.legal.steps.every(({ done }) => done === null)).toBe(true)
    await page.evaluate(() => {
      const field = document.querySelector<HTMLInputElement>('dialog [name="at"]')
      if (field)
        field.value = new Date(Date.now() - 4 * 3_600_000 - new Date().getTimezoneOffset() * 60_000)
          .toISOString()
          .slice(0, 16)
    })
    await page.click('[data-action="record"]')
    await page.waitForSelector('[data-step="stop-decision"].gate-passed')

    // The rest by the same door as the forms.
    const basis = DEFAULT_LAW.bases.find(({ code }) => code === order.document.basis)
    const rest = basis ? lawfulRecords(systemClock.now(), basis) : []
    for (const what of rest) if (what.kind === 'legal-step') await orders.record(order.id, USERS.officer, what)
    await page.waitForFunction(
      (count) => document.querySelectorAll('.legal-steps .gate-passed').length === count,
      order.legal.steps.length,
    )

    // An officer declares no emergency; a head does.
    expect(await page.locator('[data-action="waiver"]').count()).toBe(0)
    await signIn(app.sessions.tokenFor(USERS.head))
    await page.click('[data-action="waiver"]')
    await page.fill('dialog [name="number"]', '全应急紧〔2026〕9号')
    await page.fill('dialog [name="danger"]', '井下有人作业且无通风')
    await page.fill('dialog [name="reason"]', '随时可能发生事故不能等待')
    await page.click('[data-action="record"]')
    await page.waitForSelector('.urgent')
    await page.waitForFunction(() => document.querySelectorAll('.gates .gate-failed').length === 0)
    expect(await page.isDisabled('[data-action="approve"]')).toBe(false)
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/legal.png`, fullPage: true })
    await page.click('button[lang="en"]')
    expect(await page.textContent('.order-page')).toMatch(/Steps of the law.*Power may be stopped from/s)
    await page.setViewportSize({ width: 360, height: 740 })
    expect(await sidewaysPx(page)).toBeLessThanOrEqual(0)
    // The browser tells of each refusal of the machine, and that this cloud in memory has no evidence of the order.
    expect([complaints.filter((one) => !one.startsWith('Failed to load resource')), strangers]).toEqual([[], []])
    await close()
  })

  test('the page says which point waits for whom, and takes the word of two people and no less', async () => {
    await using app = await startConsole(dist.directory)
    const { url, orders } = app
    const order = orders.list()[0] as OrderView
    const { page, close } = await openPage(browser, url)
    await page.goto(`${url}/sign-in#${app.sessions.tokenFor(USERS.officer)}`)
    await page.waitForSelector('.person-name')
    await page.goto(`${url}/orders/${order.id}`)
    await page.waitForSelector('.people')
    expect(await page.getAttribute('.known li', 'data-people')).toBe('unknown')
    expect(await page.textContent('[data-point="sp-c"]')).toMatch(/C 类.*人员全部撤出/s)

    const fill = async (one: string, two: string) => {
      for (const [field, name] of Object.entries({ one, two })) {
        await page.fill(`dialog [name="${field}.name"]`, name)
        await page.fill(`dialog [name="${field}.unit"]`, '镇政府')
      }
      await page.click('[data-action="record"]')
    }
    await page.click('[data-action="people-none"]')
    await fill('甲', '甲')
    await page.waitForSelector('dialog .failure')
    expect(await page.textContent('dialog .failure')).toContain('2 named people')
    await fill('甲', '乙')
    await page.waitForSelector('[data-people="none-confirmed"]')
    // Said by anybody at any time, and it holds everything at once.
    await page.click('[data-action="people-present"]')
    await page.click('[data-action="record"]')
    await page.waitForSelector('[data-people="present"]')
    expect(await page.textContent('[data-point="sp-b"]')).toContain('井下有人')
    if (SHOTS) await page.locator('.people').screenshot({ path: `${SHOTS}/people.png` })
    expect(orders.get(order.id)?.people.statement?.kind).toBe('present')
    await close()
  })

  test('what was done in law for a site is recorded before there is an order, by who approves', async () => {
    const cloud = createMemoryCloud({ staticDir: dist.directory })
    const app = await createServer(cloud.deps)
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const { page, close } = await openPage(browser, url)
    const site = cloud.sites.list()[0]?.id
    await page.goto(`${url}/sites/${site}`)
    await page.waitForSelector('.site-page')
    expect(await page.locator('.site-legal').count()).toBe(0)
    await page.goto(`${url}/sign-in#${cloud.sessions.tokenFor(USERS.officer)}`)
    await page.waitForSelector('.person-name')
    await page.goto(`${url}/sites/${site}`)
    await page.click('.site-legal summary')
    await page.click('[data-action="record-officers"]')
    for (const name of ['person.0', 'person.1']) {
      await page.fill(`dialog [name="${name}"]`, name)
      await page.fill(`dialog [name="${name}.certificate"]`, `执法-${name}`)
    }
    await page.click('[data-action="record"]')
    await page.waitForFunction(() => document.querySelector('dialog') === null)
    if (SHOTS) await page.locator('.site-legal').screenshot({ path: `${SHOTS}/site-legal.png` })
    await close()
    await app.close()
  })
})
