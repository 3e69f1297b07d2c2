import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { processesWith, RunningDemo } from '../support/demo.ts'

const GONE_WITHIN_MS = 10_000

const data = mkdtempSync(join(tmpdir(), 'minewarden-e2e-'))
let demo: RunningDemo | null = null
afterEach(() => {
  demo?.child.kill('SIGKILL')
})
afterAll(() => rmSync(data, { recursive: true, force: true }))

/** Polls until nothing of the demo is left, not even the folder that nobody asked for; what is left, if anything. */
async function leftOf(dir: string): Promise<string[]> {
  const deadline = performance.now() + GONE_WITHIN_MS
  for (;;) {
    const left = [...processesWith(dir), ...(existsSync(dir) ? [dir] : [])]
    if (left.length === 0 || performance.now() > deadline) return left
    await sleep(100)
  }
}

describe('the demo ends, whoever ends it', () => {
  it('by a signal to npm alone', async () => {
    demo = await RunningDemo.startByNpm()
    const dir = demo.dataDir
    expect(processesWith(dir).length).toBeGreaterThan(8)
    const { code } = await demo.stop('SIGINT')
    expect(await leftOf(dir)).toEqual([])
    expect(code).toBe(0)
    expect(demo.told.at(-1)?.what).toBe('stopped')
  })

  it('by Ctrl-C in the terminal, which reaches npm and every part of it', async () => {
    demo = await RunningDemo.startByNpm()
    const dir = demo.dataDir
    process.kill(-demo.child.pid!, 'SIGINT')
    expect(await leftOf(dir)).toEqual([])
    await demo.exited
    expect(demo.told.at(-1)?.what, 'one Ctrl-C is not taken for two').toBe('stopped')
  })

  it('by the terminal being closed', async () => {
    demo = await RunningDemo.startByNpm()
    const dir = demo.dataDir
    demo.child.stdout?.destroy()
    process.kill(-demo.child.pid!, 'SIGHUP')
    expect(await leftOf(dir)).toEqual([])
  })

  it('by being killed outright: no process is left', async () => {
    demo = await RunningDemo.start(['--data', data])
    expect(processesWith(data).length).toBeGreaterThan(8)
    await demo.stop('SIGKILL')
    const deadline = performance.now() + GONE_WITHIN_MS
    while (processesWith(data).length > 0 && performance.now() < deadline) await sleep(100)
    expect(processesWith(data)).toEqual([])
  })
})
