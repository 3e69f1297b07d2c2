import { GatewayId, SensorId } from '@minewarden/protocol/ids.ts'
import { expect, test } from 'vitest'
import { createServer } from '../../cloud/http/server.ts'
import { buildConsole, launchBrowser, openPage } from '../support/console-page.ts'
import { createMemoryCloud, systemClock } from '../support/memory/cloud.ts'
import { USERS } from '../support/memory/sessions.ts'
import { STORY_SITE } from '../support/memory/story.ts'
import { requires } from '../support/requires.ts'

test.runIf(requires('chromium'))("a site's page tells of a probe that was moved, and has it learnt anew", async () => {
  using dist = await buildConsole()
  const browser = await launchBrowser()
  const cloud = createMemoryCloud({ staticDir: dist.directory })
  const app = await createServer(cloud.deps)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  try {
    const gateway = GatewayId.parse(`gw-${STORY_SITE}`)
    const sensor = SensorId.parse('probe-1')
    const at = systemClock.now()
    const { cause, confidence } = { cause: 'view-turned', confidence: 0.9 }
    const fields = { status: 'moved', sinceMs: at - 120_000, cause, confidence, clockOffsetS: null }
    cloud.probes.presence(gateway, { kind: 'node-online', at })
    cloud.probes.take([
      {
        ...{ offset: 1, gateway, receivedAt: at, historical: false },
        reading: { kind: 'probe', sensor, channel: null, measuredAt: at, clock: 'ntp', fields },
      },
    ])
    const { page, complaints, close } = await openPage(browser, url)
    await page.goto(`${url}/sign-in#${cloud.sessions.tokenFor(USERS.officer)}`)
    await page.waitForSelector('.person-name')
    await page.goto(`${url}/sites/${STORY_SITE}`)
    await page.waitForSelector('.sensors .badge.tone-alarm')
    expect(await page.textContent('.sensors')).toMatch(/被移动.*始于.*把握 90%/s)
    await page.click('.sensors [data-action="relearn"]')
    await page.fill('dialog textarea', '道路改线，探头调向洞口')
    await page.click('[data-action="send-relearn"]')
    await expect.poll(() => cloud.pictures.story.map(([what]) => what)).toEqual(['audit', 'relearn'])
    await expect.poll(() => page.textContent('dialog')).toContain('已通知网关')
    expect(complaints).toEqual([])
    await close()
  } finally {
    await app.close()
    await browser.close()
  }
})
