import { stillPicture } from '@minewarden/hardware/sim/still-picture.ts'
import { GatewayId, SensorId } from '@minewarden/protocol/ids.ts'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createServer } from '../../cloud/http/server.ts'
import type { Web } from '../../cloud/http/web.ts'
import { buildConsole, launchBrowser, openPage, sidewaysPx, tabTo } from '../support/console-page.ts'
import { createMemoryCloud, systemClock } from '../support/memory/cloud.ts'
import { USERS } from '../support/memory/sessions.ts'
import { createStory, type Mood, STORY_ORDER, STORY_SITE } from '../support/memory/story.ts'
import { requires } from '../support/requires.ts'

const SITE_CARD = `[data-site="${STORY_SITE}"]`
const SITE_PAGE = `/sites/${STORY_SITE}`
const ORDER_PAGE = `/orders/${STORY_ORDER}`
const WORK_MS = 400_000

describe.runIf(requires('chromium'))('the console in a browser', () => {
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

  let cloud: ReturnType<typeof createMemoryCloud>
  let story: ReturnType<typeof createStory>
  let app: Web
  let url = ''
  let mood: Mood = 'work'
  let ticking: ReturnType<typeof setInterval>
  beforeEach(async () => {
    cloud = createMemoryCloud({ staticDir: dist.directory })
    story = createStory(cloud)
    story.neighbours(systemClock.now())
    story.fillHistory(systemClock.now(), WORK_MS)
    mood = 'work'
    ticking = setInterval(() => story.tick(systemClock.now(), mood), 500)
    app = await createServer(cloud.deps)
    url = await app.listen({ host: '127.0.0.1', port: 0 })
  })
  afterEach(async () => {
    clearInterval(ticking)
    await app.close()
  })

  const stateOf = (page: Page, state: string) => page.waitForSelector(`${SITE_CARD}[data-state="${state}"]`)
  const orderIs = (page: Page, state: string) => page.waitForSelector(`.order-page[data-order-state="${state}"]`)
  const signIn = async (page: Page, user: keyof typeof USERS) => {
    await page.goto(`${url}/sign-in#${cloud.sessions.tokenFor(USERS[user])}`)
    await page.waitForSelector('.person-name')
  }
  const approve = async (page: Page) => {
    await page.click('[data-action="approve"]')
    await page.click('[data-action="confirm-approve"]')
  }

  test('shows the sites in Chinese, remembers English, and turns a site reopened live', async () => {
    const { page, complaints, strangers, close } = await openPage(browser, url)
    await page.goto(url)
    await stateOf(page, 'sealed')
    expect(await page.getAttribute('html', 'lang')).toBe('zh-CN')
    expect(await page.textContent(SITE_CARD)).toContain('封闭')
    expect(await page.locator('[data-site]').count()).toBe(6)
    story.reopen(systemClock.now())
    await stateOf(page, 'reopened')
    expect(await page.textContent(SITE_CARD)).toMatch(/复开.*97%.*2 次疑似爆破/s)
    expect(await page.locator('[data-site]').first().getAttribute('data-site')).toBe(STORY_SITE)
    await page.click('button[lang="en"]')
    expect(await page.textContent(SITE_CARD)).toMatch(/Reopened.*2 likely blasts/s)
    await page.reload()
    await stateOf(page, 'reopened')
    expect(await page.getAttribute('html', 'lang')).toBe('en')
    expect(await page.textContent('.top')).toContain('Not signed in')
    expect([complaints, strangers]).toEqual([[], []])
    await close()
  })

  test('draws the traces of a site from the history and goes on live', async () => {
    story.reopen(systemClock.now())
    const { page, complaints, strangers, close } = await openPage(browser, url, {
      viewport: { width: 1280, height: 1000 },
    })
    await page.goto(url + SITE_PAGE)
    await page.waitForFunction(() => document.querySelectorAll('.plot canvas').length === 3)
    const label = () => page.locator('.plot').nth(2).getAttribute('aria-label')
    await expect.poll(label, { timeout: 8000 }).toMatch(/合计 4\d/)
    expect(await page.textContent('.sensors')).toContain('被遮挡')
    expect(await page.locator('.events li').count()).toBe(4)
    expect(await page.locator('.state-history li > p').count()).toBe(3)
    mood = 'cut'
    await expect.poll(label, { timeout: 8000 }).toContain('合计 0 kW')
    expect([complaints, strangers]).toEqual([[], []])
    await close()
  })

  test('a site page tells what its meter shows of itself, and hears of a step live', async () => {
    const { page, complaints, strangers, close } = await openPage(browser, url)
    await page.goto(url + SITE_PAGE)
    const meter = '.meter-record'
    await page.waitForSelector(`${meter} [data-verdict="register-slow"]`)
    expect(await page.textContent(`${meter} tbody`)).toMatch(/A23174.7B23064.3C–68.4/)
    expect(await page.textContent(meter)).toMatch(
      /41\.2 kW（最小 40\.1，最大 48）.*电压 –，电流 8\.1%.*95（夜 38 kW，昼 0\.4 kW）.*电表少计.*走字 4\.1 kWh，功率累计 8\.2 kWh/s,
    )
    expect(await page.textContent(meter)).toMatch(
      /合，内置，保电.*负荷侧.*开表盖 3 次.*表盖被打开.*B 相潮流反向、电压不平衡.*功率因数 0\.86，频率 49\.9 Hz，反向电量 12\.3 kWh.*慢 312 秒/s,
    )
    expect(await page.textContent(meter)).toMatch(
      /\+34 kW ABC · 电动机启动，冲击至少 5\.4 倍.*A 电压暂降 186 V · 3 秒/s,
    )
    await page.click('button[lang="en"]')
    expect(await page.textContent(meter)).toMatch(/register counts too little.*on, internal, protected supply/s)
    expect(await page.textContent(meter)).toMatch(/cover was opened.*phase B: reverse power, voltages unbalanced/s)
    story.switchOff(systemClock.now())
    await expect.poll(() => page.textContent('.meter-happened li'), { timeout: 8000 }).toContain('-12 kW A')
    expect([complaints, strangers]).toEqual([[], []])
    await close()
  })

  test('two officials approve from two browsers; the order goes out and the meter falls to zero', async () => {
    story.reopen(systemClock.now())
    const officer = await openPage(browser, url)
    const head = await openPage(browser, url, { locale: 'en-US', colorScheme: 'dark' })
    await signIn(officer.page, 'officer')
    await signIn(head.page, 'head')
    expect(officer.page.url()).not.toContain('#')
    story.draft(systemClock.now())
    await officer.page.click('.card-order')
    await orderIs(officer.page, 'drafted')
    await officer.page.click('[data-action="approve"]')
    const question = await officer.page.textContent('dialog')
    expect(question).toMatch(/青石坳 1 号硐.*石塘线 47 号杆.*0324500178.*将失去供电.*破碎机/s)
    await officer.page.click('[data-action="confirm-approve"]')
    await orderIs(officer.page, 'approved-once')
    expect(await officer.page.isDisabled('[data-action="approve"]')).toBe(true)
    expect(await officer.page.textContent('#approve-obstacle')).toContain('另一部门')
    await head.page.click('button[lang="en"]')
    await head.page.click('.card-order')
    await orderIs(head.page, 'approved-once')
    await approve(head.page)
    for (const page of [officer.page, head.page]) await orderIs(page, 'approved')
    for (const state of ['issued', 'received', 'accepted'] as const) cloud.orders.advance(STORY_ORDER, state, '')
    mood = 'cut'
    cloud.orders.advance(STORY_ORDER, 'executed', '', 'executed')
    for (const page of [officer.page, head.page]) {
      await orderIs(page, 'executed')
      await expect.poll(() => page.textContent('[data-line="total"]'), { timeout: 8000 }).toBe('0 kW')
    }
    cloud.orders.advance(STORY_ORDER, 'effect-verified', '', 'zero')
    await orderIs(head.page, 'effect-verified')
    expect(await head.page.textContent('.order-hero')).toContain('Effect verified')
    expect(await officer.page.textContent('.order-hero')).toContain('停电已核实')
    expect([officer.complaints, head.complaints, officer.strangers, head.strangers]).toEqual([[], [], [], []])
    await officer.close()
    await head.close()
  })

  test('the keyboard alone reaches the approval, and Escape leaves it', async () => {
    story.draft(systemClock.now())
    const { page, complaints, close } = await openPage(browser, url)
    await signIn(page, 'officer')
    await page.goto(url + ORDER_PAGE)
    await page.waitForSelector('[data-action="approve"]')
    expect(await tabTo(page, '[data-action="approve"]')).not.toBeNull()
    await page.keyboard.press('Enter')
    await page.waitForSelector('dialog[open]')
    await page.keyboard.press('Escape')
    await page.waitForSelector('dialog[open]', { state: 'detached' })
    expect(cloud.orders.get(STORY_ORDER)?.state).toBe('drafted')
    await page.focus('[data-action="approve"]')
    await page.keyboard.press('Enter')
    await page.waitForSelector('dialog[open]')
    expect(await tabTo(page, '[data-action="confirm-approve"]', 3)).not.toBeNull()
    await page.keyboard.press('Enter')
    await orderIs(page, 'approved-once')
    expect(complaints).toEqual([])
    await close()
  })

  test('a slow answer from before signing in does not undo it', async () => {
    const { page, close } = await openPage(browser, url)
    const signedIn = page.waitForResponse('**/api/v1/sign-in')
    let asked = 0
    await page.route('**/api/v1/me', async (route) => {
      asked += 1
      const answer = await route.fetch()
      await signedIn
      await new Promise((resolve) => setTimeout(resolve, 300))
      await route.fulfill({ response: answer })
    })
    await page.goto(`${url}/sign-in#${cloud.sessions.tokenFor(USERS.head)}`)
    await page.waitForSelector('.person-name')
    await page.waitForTimeout(600)
    expect(await page.textContent('.person')).toContain(USERS.head.name)
    expect(asked).toBe(1)
    await close()
  })

  test('signing out takes the approval away', async () => {
    story.draft(systemClock.now())
    const { page, complaints, close } = await openPage(browser, url)
    await signIn(page, 'officer')
    await page.click('.person button')
    await page.waitForSelector('.person-name', { state: 'detached' })
    await page.goto(url + ORDER_PAGE)
    expect(await page.textContent('#approve-obstacle')).toContain('登录后才能审批')
    expect(complaints).toEqual([])
    await close()
  })

  test('the probes are counted by area, say why they are as they are, and give a picture to a reason', async () => {
    const gateway = GatewayId.parse(`gw-${STORY_SITE}`)
    const sensor = SensorId.parse('probe-1')
    const at = systemClock.now()
    cloud.probes.presence(gateway, { kind: 'node-online', at })
    const fields = { status: 'offline', sinceMs: at - 60_000, cause: 'keepalive-missed', confidence: 0.8 }
    cloud.probes.take([
      {
        ...{ offset: 1, gateway, receivedAt: at, historical: false },
        reading: {
          ...{ kind: 'probe', sensor, channel: null, measuredAt: at, clock: 'ntp' },
          fields: { ...fields, clockOffsetS: null },
        },
      },
    ])
    const { page, complaints, strangers, close } = await openPage(browser, url)
    await signIn(page, 'officer')
    await page.click('nav a[href="/probes"]')
    await page.waitForSelector('[data-rate="0"]')
    const row = `[data-probe="${gateway}/${sensor}"]`
    expect(await page.textContent('.probe-rates')).toMatch(/0\.0%.*5 个不明.*重点区域.*县 450324/s)
    expect(await page.textContent(row)).toMatch(/离线.*连续三次没有心跳.*把握 80%/s)
    await page.click('button[lang="en"]')
    expect(await page.textContent(row)).toMatch(/Offline.*last sign of life.*three keepalives missed/s)
    await page.click(`${row} [data-action="picture"]`)
    expect(await page.isDisabled('[data-action="ask-picture"]')).toBe(true)
    await page.fill('dialog textarea', '夜间震动，核实洞口')
    await page.click('[data-action="ask-picture"]')
    await expect.poll(() => cloud.pictures.story.length).toBe(2)
    const [, command] = cloud.pictures.story[1] as ['command', { request: string }]
    const picture = { request: command.request, part: 0, parts: 1, refusal: null, data: stillPicture() }
    cloud.pictures.store.deal({
      ...{ offset: 1, probes: [] },
      pictures: [
        {
          gateway,
          reading: { kind: 'picture', sensor, channel: null, measuredAt: at, clock: 'ntp', fields: picture },
        },
      ],
    })
    const drawn = () => page.$eval('dialog img', (image) => (image as HTMLImageElement).naturalWidth).catch(() => 0)
    await expect.poll(drawn, { timeout: 8000 }).toBe(320)
    expect(cloud.pictures.story.at(-1)).toMatchObject(['audit', { action: 'picture.viewed' }])
    expect([complaints, strangers]).toEqual([[], []])
    await close()
  })

  test('an order is cancelled with a reason', async () => {
    story.draft(systemClock.now())
    const { page, complaints, close } = await openPage(browser, url)
    await signIn(page, 'head')
    await page.goto(url + ORDER_PAGE)
    await page.click('[data-action="cancel"]')
    expect(await page.isDisabled('dialog button.danger')).toBe(true)
    await page.fill('dialog textarea', '现场核实为误报')
    await page.click('dialog button.danger')
    await orderIs(page, 'cancelled')
    expect(await page.textContent('.timeline')).toContain('现场核实为误报')
    expect(complaints).toEqual([])
    await close()
  })

  test('a refusal of the server is told in the dialog', async () => {
    story.draft(systemClock.now())
    const { page, close } = await openPage(browser, url)
    await signIn(page, 'officer')
    await page.goto(url + ORDER_PAGE)
    await page.click('[data-action="approve"]')
    const order = cloud.orders.get(STORY_ORDER)
    if (order) cloud.orders.put({ ...order, documentSha256: 'b'.repeat(64) })
    await page.click('[data-action="confirm-approve"]')
    expect(await page.textContent('dialog .failure')).toContain('The document has changed')
    await close()
  })

  test('who is not signed in may read and is told why not approve; a used link is refused in words', async () => {
    story.draft(systemClock.now())
    const { page, close } = await openPage(browser, url)
    await page.goto(url + ORDER_PAGE)
    await page.waitForSelector('#approve-obstacle')
    expect(await page.isDisabled('[data-action="approve"]')).toBe(true)
    expect(await page.textContent('#approve-obstacle')).toContain('登录后才能审批')
    const token = cloud.sessions.tokenFor(USERS.head)
    await cloud.sessions.redeem(token)
    await page.goto(`${url}/sign-in#${token}`)
    expect(await page.textContent('[role="alert"]')).toContain('已被使用')
    expect(page.url()).toBe(`${url}/sign-in`)
    await close()
  })

  test('a lost server is told at once, and the page comes back by itself', async () => {
    const { page, close } = await openPage(browser, url)
    await page.goto(url)
    await page.waitForSelector('[data-connection="open"]')
    await app.close()
    await page.waitForSelector('.banner')
    expect(await page.textContent('.banner')).toContain('实时连接已断开')
    story.reopen(systemClock.now())
    app = await createServer(cloud.deps)
    await app.listen({ host: '127.0.0.1', port: Number(new URL(url).port) })
    await page.waitForSelector('.banner', { state: 'detached' })
    await stateOf(page, 'reopened')
    await close()
  })

  test.each(['/', SITE_PAGE, '/orders', ORDER_PAGE, '/standings', '/me', '/sign-in', '/nowhere'])(
    'nothing of %s lies beyond 360 pixels',
    async (path) => {
      story.reopen(systemClock.now())
      story.draft(systemClock.now())
      for (const language of ['zh', 'en']) {
        const { page, close } = await openPage(browser, url, { viewport: { width: 360, height: 740 } })
        await page.addInitScript((word) => localStorage.setItem('minewarden.language', word), language)
        await signIn(page, 'officer')
        await page.goto(url + path)
        await page.waitForSelector('h1')
        if (path === SITE_PAGE || path === ORDER_PAGE) await page.waitForSelector('.plot canvas')
        expect(await sidewaysPx(page)).toBeLessThanOrEqual(0)
        await close()
      }
    },
  )

  test('without public reading nothing is shown before signing in', async () => {
    await app.close()
    app = await createServer({ ...cloud.deps, publicReading: false })
    url = await app.listen({ host: '127.0.0.1', port: 0 })
    const { page, complaints, close } = await openPage(browser, url)
    await page.goto(url)
    expect(await page.textContent('.notice')).toContain('需要先登录')
    expect(await page.locator('[data-site]').count()).toBe(0)
    await signIn(page, 'viewer')
    await stateOf(page, 'sealed')
    expect(complaints).toEqual([])
    await close()
  })
})
