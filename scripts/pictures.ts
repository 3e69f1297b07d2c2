// Takes the pictures of the docs from a demo of its own: `npm run pictures`. Needs Debian's chromium; about two minutes.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser } from '../test/support/console-page.ts'

const ROOT = new URL('..', import.meta.url).pathname
const IMAGES = join(ROOT, 'docs', 'images')
const REOPENS_WITHIN_MS = 180_000
const SIZE = { width: 1280, height: 860 }

interface Demo {
  readonly process: ChildProcess
  readonly url: string
  readonly links: readonly string[]
  /** The power company's status page. */
  readonly utilityUrl: string
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** Starts the demo and reads where its page is and how its officials sign in. */
async function startDemo(): Promise<Demo> {
  const child = spawn(process.execPath, ['cli/main.ts', 'demo', '--port', String(await freePort()), '--json'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const links: string[] = []
  let url = ''
  let dataDir = ''
  for await (const line of createInterface({ input: child.stdout })) {
    const fact = JSON.parse(line) as { what: string; url?: string; dataDir?: string }
    if (fact.what === 'starting') dataDir = fact.dataDir ?? ''
    if (fact.what === 'page') url = fact.url ?? ''
    if (fact.what === 'sign-in' && fact.url) links.push(fact.url)
    if (fact.what === 'ready') break
  }
  return { process: child, url, links, utilityUrl: utilityUrlIn(dataDir) }
}

function utilityUrlIn(dataDir: string): string {
  const config = JSON.parse(readFileSync(join(dataDir, 'config', 'utility.json'), 'utf8')) as {
    listen: { port: number }
  }
  return `https://127.0.0.1:${config.listen.port}/orders`
}

async function openIn(browser: Browser, language: string, url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: SIZE, timezoneId: 'Asia/Shanghai' })
  const page = await context.newPage()
  await page.addInitScript((word) => localStorage.setItem('minewarden.language', word), language)
  await page.goto(url)
  return page
}

const demo = await startDemo()
const browser = await launchBrowser()
try {
  const [officer, head] = await Promise.all(
    demo.links.slice(0, 2).map(async (link) => {
      const page = await openIn(browser, 'zh', link)
      await page.waitForSelector('.person-name')
      return page
    }),
  )
  if (!officer || !head) throw new Error('the demo printed no two sign-in links')
  await officer.goto(demo.url)
  await officer.waitForSelector('.card[data-state="reopened"] .card-order', { timeout: REOPENS_WITHIN_MS })
  const site = await officer.getAttribute('.card[data-state="reopened"]', 'data-site')
  const readers = await Promise.all(
    ['zh', 'en'].map(async (language) => ({ language, page: await openIn(browser, language, demo.url) })),
  )
  for (const { language, page } of readers) {
    await page.goto(`${demo.url}/sites/${site}`)
    await page.waitForSelector('.plot canvas')
    await page.waitForTimeout(2000)
    await page.screenshot({ path: join(IMAGES, `site.${language}.png`) })
    await page.goto(`${demo.url}/probes`)
    await page.waitForSelector('.badge')
    await page.waitForTimeout(1000)
    await page.screenshot({ path: join(IMAGES, `probes.${language}.png`) })
  }
  await officer.click('.card-order')
  await officer.waitForSelector('[data-action="approve"]')
  const order = officer.url()
  for (const { page } of readers) await page.goto(order)
  await head.goto(order)
  for (const page of [officer, head]) {
    await page.click('[data-action="approve"]')
    await page.click('[data-action="confirm-approve"]')
  }
  for (const { language, page } of readers) {
    await page.waitForSelector('.order-page[data-order-state="executed"]', { timeout: 60_000 })
    await page.waitForSelector('.trace-zero')
    await page.waitForTimeout(1500)
    await page.screenshot({ path: join(IMAGES, `console.${language}.png`) })
  }
  const company = await browser.newContext({ viewport: { width: 1000, height: 240 }, ignoreHTTPSErrors: true })
  const status = await company.newPage()
  await status.goto(demo.utilityUrl)
  await status.screenshot({ path: join(IMAGES, 'utility.png') })
} finally {
  await browser.close()
  if (demo.process.kill('SIGINT')) await once(demo.process, 'exit')
}
