import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { findProgram } from './requires.ts'

const CONSOLE = new URL('../../cloud/console', import.meta.url).pathname
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Builds the console as it is into a folder of its own. */
export async function buildConsole(): Promise<{ directory: string; [Symbol.dispose](): void }> {
  const directory = mkdtempSync(join(tmpdir(), 'minewarden-dist-'))
  await build({ root: CONSOLE, logLevel: 'warn', build: { outDir: directory, emptyOutDir: true } })
  return { directory, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) }
}

/** Debian's chromium with an empty profile. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: findProgram('chromium') ?? 'chromium', args: ARGUMENTS })

/** A page of a profile of its own, with everything that went wrong on it. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  const strangers: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  context.on('request', (request) => {
    if (!request.url().startsWith(url)) strangers.push(request.url())
  })
  return { page, complaints, strangers, close: () => context.close() }
}

/** How far the page can be scrolled sideways, CSS pixels. */
export const sidewaysPx = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)

/** Presses Tab until the selector's element has the focus; the number of presses, or `null` when it never does. */
export async function tabTo(page: Page, selector: string, most = 60): Promise<number | null> {
  for (let presses = 1; presses <= most; presses += 1) {
    await page.keyboard.press('Tab')
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return presses
  }
  return null
}
