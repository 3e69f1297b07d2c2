import { isNoteCode, noteText } from '@minewarden/cloud/core/orders/order-text.ts'
import type { User } from '@minewarden/cloud/core/ports.ts'
import { codeAt } from '@minewarden/cloud/shell/one-time-passwords.ts'
import type { KeySet } from '@minewarden/protocol/jws.ts'
import { verifyDocument } from '@minewarden/protocol/jws.ts'
import { CutOffOrder, DOCUMENT_TYPES } from '@minewarden/protocol/order.ts'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createServer } from '../../cloud/http/server.ts'
import type { Web } from '../../cloud/http/web.ts'
import { buildConsole, launchBrowser, openPage } from '../support/console-page.ts'
import { createAuthorityCounty } from '../support/cut-off/authority-county.ts'
import { HEAD, makeSite, OFFICER, pointInput } from '../support/cut-off/fixtures.ts'
import { DUTY } from '../support/cut-off/standing.ts'
import { createMemoryCloud, memoryReasonText, systemClock } from '../support/memory/cloud.ts'
import { createMemoryEvidence } from '../support/memory/evidence.ts'
import { sketchSite } from '../support/memory/sites.ts'
import { requires } from '../support/requires.ts'

const SLOW = { timeout: 30_000 }
/** Where pictures of the pages are wanted, to be looked at. */
const PICTURES = process.env.MINEWARDEN_TEST_PICTURES

describe.runIf(requires('chromium'))('approvals in a browser with an authenticator', () => {
  let dist: Awaited<ReturnType<typeof buildConsole>>
  let browser: Browser
  beforeAll(async () => {
    dist = await buildConsole()
    browser = await launchBrowser()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    dist?.[Symbol.dispose]()
  })

  let county: Awaited<ReturnType<typeof createAuthorityCounty>>
  let cloud: ReturnType<typeof createMemoryCloud>
  let app: Web
  let url = ''
  beforeEach(async () => {
    county = await createAuthorityCounty(systemClock)
    await county.start()
    // A restart makes another service; the routes keep this one.
    const orders = new Proxy({} as ReturnType<typeof county.orders>, {
      get: (_, name) => county.orders()[name as 'list'],
    })
    cloud = createMemoryCloud({
      staticDir: dist.directory,
      orders,
      evidence: createMemoryEvidence(orders),
      proofs: county.proofs,
      standings: county.standings,
      reasonText: (reason) =>
        isNoteCode(reason.code)
          ? { zh: noteText(reason, 'zh') ?? '', en: noteText(reason, 'en') ?? '' }
          : memoryReasonText(reason),
    })
    const { site } = county.register
    cloud.sites.put({ ...sketchSite(site, systemClock.now()), site, state: 'reopened', probability: 0.97 })
    county.publishTo(cloud.live.publish)
    app = await createServer(cloud.deps)
    const listening = await app.listen({ host: '127.0.0.1', port: 0 })
    url = `http://localhost:${new URL(listening).port}`
    county.origin.value = url
  })
  afterEach(async () => {
    await app.close()
    await county[Symbol.asyncDispose]()
  })

  /** A browser of this person's own, with a fingerprint reader that always says yes. */
  const open = async (user: User, language: 'zh' | 'en' = 'zh') => {
    const one = await openPage(browser, url)
    const devtools = await one.page.context().newCDPSession(one.page)
    await devtools.send('WebAuthn.enable')
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
        ...{ isUserVerified: true, automaticPresenceSimulation: true },
      },
    })
    await one.page.goto(`${url}/sign-in#${cloud.sessions.tokenFor(user)}`)
    await one.page.waitForSelector('.person-name', SLOW)
    if (language === 'en') await one.page.click('button[lang="en"]')
    const refuse = () => devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
    return { ...one, refuse }
  }
  const addPasskey = async (page: Page, name = '指纹') => {
    await page.goto(`${url}/me`)
    await page.fill('input[name="passkey"]', name)
    await page.click('[data-action="add-passkey"]')
    await page.waitForSelector('[data-passkey]', SLOW)
  }
  const orderIs = (page: Page, state: string) => page.waitForSelector(`.order-page[data-order-state="${state}"]`, SLOW)
  const approve = async (page: Page, proof: 'passkey' | 'totp' = 'passkey') => {
    await page.click('[data-action="approve"]')
    await page.waitForSelector(`.proof[data-proof="${proof}"]`, SLOW)
    if (proof === 'passkey') await page.click('[data-action="confirm-approve"]')
  }
  const picture = async (page: Page, name: string) => {
    if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true })
  }

  test('both approvals are signed with passkeys, and the order goes out with what they signed', async () => {
    const [officer, head] = [await open(OFFICER), await open(HEAD, 'en')]
    await addPasskey(officer.page)
    await addPasskey(head.page, 'key in the drawer')
    await picture(officer.page, 'me-zh')
    const order = await county.draft()
    for (const { page } of [officer, head]) {
      await page.goto(`${url}/orders/${order.id}`)
      await orderIs(page, 'drafted')
    }
    await officer.page.waitForSelector('[data-call="approve"]', SLOW)
    expect(await officer.page.textContent('.call')).toMatch(/呼叫经办.*请审批.*后呼叫负责人/s)
    await officer.page.click('[data-action="approve"]')
    await officer.page.waitForSelector('.proof[data-proof="passkey"]', SLOW)
    await picture(officer.page, 'approve-zh')
    await officer.page.click('[data-action="confirm-approve"]')
    await orderIs(officer.page, 'approved-once')
    expect(await officer.page.textContent('.approvals')).toContain('通行密钥')
    await orderIs(head.page, 'approved-once')
    await approve(head.page)
    await head.page.waitForSelector('.order-page:not([data-order-state="approved-once"])', SLOW)
    await picture(head.page, 'order-en')
    await expect.poll(() => county.supplier.deliveries.length, SLOW).toBe(1)
    const jws = county.supplier.deliveries[0]?.jws ?? ''
    const keys = county.orders().jwks() as KeySet
    const { document } = await verifyDocument(jws, DOCUMENT_TYPES.order, keys, CutOffOrder)
    for (const { user, proof } of document.approvals) {
      if (proof?.kind !== 'passkey') throw new Error('no passkey')
      const statement = { order: document.orderSha256, legal: proof.legalSha256 ?? '', approver: user }
      expect(await county.proofs.holds(user, statement, proof)).toBe(true)
    }
    expect([officer.complaints, head.complaints, officer.strangers, head.strangers]).toEqual([[], [], [], []])
    await officer.close()
    await head.close()
  }, 120_000)

  test('an unsafe order cannot be approved: the page says why, and the server refuses whoever asks', async () => {
    county.register.site = makeSite({ supplyPoints: [pointInput({ loads: ['破碎机', '局部通风机'] })] })
    const { page, close } = await open(HEAD)
    await addPasskey(page)
    const order = await county.draft()
    await page.goto(`${url}/orders/${order.id}`)
    await orderIs(page, 'drafted')
    expect(await page.isDisabled('[data-action="approve"]')).toBe(true)
    expect(await page.textContent('#approve-obstacle')).toContain('任何人都不能批准')
    expect(await page.textContent('.order-main')).toContain('局部通风机')
    await picture(page, 'unsafe-zh')
    const status = await page.evaluate(
      async ({ id, sha256 }) => {
        const headers = { 'content-type': 'application/json' }
        const body = JSON.stringify({ documentSha256: sha256, proof: { kind: 'link' } })
        return (await fetch(`/api/v1/orders/${id}/approve`, { method: 'POST', headers, body })).status
      },
      { id: order.id, sha256: order.documentSha256 },
    )
    expect(status).toBe(403)
    // With the best proof there is, too.
    await expect(county.approve(OFFICER, order)).rejects.toMatchObject({ code: 'order-unsafe' })
    expect(county.orders().get(order.id)?.state).toBe('drafted')
    await close()
  }, 120_000)

  test('a person who is not verified by the device approves nothing, and is told', async () => {
    const { page, refuse, close } = await open(OFFICER)
    await addPasskey(page)
    const order = await county.draft()
    await refuse()
    await page.goto(`${url}/orders/${order.id}`)
    await orderIs(page, 'drafted')
    await approve(page)
    await page.waitForSelector('.proof .failure', SLOW)
    expect(county.orders().get(order.id)?.approvals).toEqual([])
    await close()
  }, 120_000)

  test('a secret for one-time passwords is shown once as a QR code, and its codes approve', async () => {
    const { page, complaints, close } = await open(OFFICER)
    await page.goto(`${url}/me`)
    await page.click('[data-action="begin-totp"]')
    const secret = (await page.textContent('[data-secret="once"]')) ?? ''
    expect(await page.locator('.qr path').count()).toBe(1)
    await picture(page, 'totp-zh')
    await page.fill('input[name="code"]', codeAt(secret, Date.now()))
    await page.click('[data-action="confirm-totp"]')
    await page.waitForSelector('[data-action="revoke-totp"]', SLOW)
    await page.reload()
    await page.waitForSelector('[data-action="revoke-totp"]', SLOW)
    expect(await page.content()).not.toContain(secret)
    const order = await county.draft()
    await page.goto(`${url}/orders/${order.id}`)
    await orderIs(page, 'drafted')
    await approve(page, 'totp')
    // The code of the set-up is used up; the next one is taken ahead of its time.
    await page.fill('input[name="code"]', codeAt(secret, Date.now() + 30_000))
    await page.click('[data-action="confirm-approve"]')
    await orderIs(page, 'approved-once')
    expect(await page.textContent('.approvals')).toContain('动态口令')
    expect(complaints).toEqual([])
    await close()
  }, 120_000)

  test('two sign an authorisation beforehand, and then one confirmation of the duty officer sends the order', async () => {
    const people = [await open(OFFICER), await open(HEAD, 'en'), await open(DUTY)] as const
    const [officer, head, duty] = people
    for (const { page } of people) await addPasskey(page)
    await officer.page.click('nav a[href="/standings"]')
    await officer.page.selectOption('select[name="site"]', county.register.site.id)
    await officer.page.fill('.proposal textarea', '历年死灰复燃')
    await officer.page.click('[data-action="propose-standing"]')
    for (const { page } of [officer, head]) {
      await page.goto(`${url}/standings`)
      await page.click('[data-action="sign-standing"]', SLOW)
      await page.waitForSelector('.proof[data-proof="passkey"]', SLOW)
      await page.click('[data-action="confirm-sign"]')
      await page.waitForSelector('dialog', { state: 'detached', ...SLOW })
    }
    await head.page.waitForSelector('[data-standing-state="in-force"]', SLOW)
    await picture(head.page, 'standings-en')
    const order = await county.draft()
    await duty.page.goto(`${url}/orders/${order.id}`)
    await duty.page.waitForSelector('[data-call="confirm"]', SLOW)
    await duty.page.click('[data-action="approve"]')
    await duty.page.waitForSelector('.proof[data-proof="passkey"]', SLOW)
    expect(await duty.page.textContent('dialog')).toContain('您确认后，指令立即签名并下达')
    await picture(duty.page, 'confirm-zh')
    await duty.page.click('[data-action="confirm-approve"]')
    await duty.page.waitForSelector('.order-page:not([data-order-state="drafted"])', SLOW)
    await expect.poll(() => county.supplier.deliveries.length, SLOW).toBe(1)
    await head.page.click('[data-action="revoke-standing"]')
    await head.page.fill('dialog textarea', 'no longer needed')
    await head.page.click('[data-action="confirm-revoke"]')
    await head.page.waitForSelector('[data-standing-state="revoked"]', SLOW)
    expect(people.flatMap(({ complaints, strangers }) => [...complaints, ...strangers])).toEqual([])
    for (const { close } of people) await close()
  }, 120_000)
})
