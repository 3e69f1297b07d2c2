import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer } from '../../cloud/http/server.ts'
import { buildConsole, launchBrowser, openPage, sidewaysPx } from '../support/console-page.ts'
import { createMemoryCloud, systemClock } from '../support/memory/cloud.ts'
import { USERS } from '../support/memory/sessions.ts'
import { createStory, STORY_ORDER } from '../support/memory/story.ts'
import { requires } from '../support/requires.ts'

describe.runIf(requires('chromium'))('the evidence of an order in a browser', () => {
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

  test('shows pieces with hashes and waveforms, takes a review, and gives the bundle as a file', async () => {
    const cloud = createMemoryCloud({ staticDir: dist.directory })
    createStory(cloud).draft(systemClock.now())
    await using app = Object.assign(await createServer(cloud.deps), {
      async [Symbol.asyncDispose]() {
        await app.close()
      },
    })
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const { page, complaints, strangers, close } = await openPage(browser, url)
    await page.goto(`${url}/orders/${STORY_ORDER}`)
    await page.waitForSelector('.order-page')
    expect(await page.locator('.frozen-evidence').count()).toBe(0)

    await page.goto(`${url}/sign-in#${cloud.sessions.tokenFor(USERS.officer)}`)
    await page.waitForSelector('.person-name')
    await page.goto(`${url}/orders/${STORY_ORDER}`)
    await page.waitForSelector('.pieces')
    expect(await page.locator('.pieces [data-piece]').count()).toBe(3)
    expect(await page.textContent('[data-piece="supplement"] code')).toBe('c'.repeat(16))
    expect(await page.locator('.waveform svg[aria-label*="HHZ"]').count()).toBe(1)
    expect(await page.getAttribute('[data-reviewed]', 'data-reviewed')).toBe('false')

    await page.click('[data-action="review"]')
    expect(await page.isDisabled('[data-action="send-review"]')).toBe(true)
    await page.check('input[value="sound"]')
    await page.fill('dialog textarea', '波形与现场爆破相符')
    await page.click('[data-action="send-review"]')
    await page.waitForSelector('[data-reviewed="true"]')
    expect(await page.textContent('.reviews')).toContain('波形与现场爆破相符')

    const [download] = await Promise.all([page.waitForEvent('download'), page.click('a[href$="/evidence/bundle"]')])
    expect(download.suggestedFilename()).toBe(`evidence-${STORY_ORDER}.tar`)
    const evidence = cloud.evidence
    expect(evidence.takenBy).toEqual([USERS.officer.id])
    await page.click('button[lang="en"]')
    expect(await page.textContent('.frozen-evidence')).toMatch(/Frozen evidence.*Reviewed.*Supplement/s)
    if (process.env.MINEWARDEN_SCREENSHOTS)
      await page.locator('.frozen-evidence').screenshot({ path: `${process.env.MINEWARDEN_SCREENSHOTS}/evidence.png` })
    await page.setViewportSize({ width: 360, height: 740 })
    expect(await sidewaysPx(page)).toBeLessThanOrEqual(0)
    expect([complaints, strangers]).toEqual([[], []])
    await close()
  })
})
