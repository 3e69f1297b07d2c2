import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { RunningDemo } from '../support/demo.ts'
import { requires } from '../support/requires.ts'

const RECORDING = fileURLToPath(new URL('../../../shared/data/recordings/night-shift-grid', import.meta.url))
const SPEED = 30

interface Listed {
  id: string
  state: string
  site: string
  documentSha256: string
  gates: { code: string; passed: boolean }[]
  effect: { verdict: string } | null
  gateways: { id: string; lastReadingAt: string }[]
}
interface Trace {
  series: { field: string; values: (number | boolean | null)[] }[]
}

let demo: RunningDemo | null = null
afterEach(() => {
  demo?.child.kill('SIGKILL')
})

describe.runIf(requires('real data'))('the demo on a recording', () => {
  it('finds the reopening that was recorded, cuts its power, and labels what the meter reads then as simulated', async () => {
    demo = await RunningDemo.start(['--recordings', RECORDING, '--speed', String(SPEED)])
    const { base, get, post } = { base: demo.base, get: demo.get.bind(demo), post: demo.post.bind(demo) }
    const theOrder = async () => (await get<Listed[]>('/api/v1/orders'))[0]
    await demo.until('an order is drafted', theOrder, 120_000)
    const lawful = async () => {
      const drafted = await theOrder()
      return drafted?.gates.every(({ passed }) => passed) ? drafted : undefined
    }
    const order = await demo.until('what the law asks is recorded', lawful, 60_000)
    for (const cookie of await demo.signInAll()) {
      const answer = await post(`/api/v1/orders/${order.id}/approve`, { documentSha256: order.documentSha256 }, cookie)
      expect(answer.status, await answer.text()).toBe(200)
    }
    await demo.until('the cut is verified', async () => (await theOrder())?.effect?.verdict === 'verified', 60_000)

    const site = (await get<Listed[]>('/api/v1/sites')).find(({ id }) => id === order.site)
    const gateway = site?.gateways[0]
    const to = Date.parse(gateway?.lastReadingAt ?? '')
    const query = new URLSearchParams({
      ...{ gateway: gateway?.id ?? '', sensor: 'meter-1', kind: 'power', fields: 'activePowerW,simulated' },
      ...{ from: new Date(to - 10_000).toISOString(), to: new Date(to).toISOString() },
    })
    const { series } = await get<Trace>(`/api/v1/sites/${order.site}/trace?${query}`)
    const values = (field: string) => series.find((one) => one.field === field)?.values ?? []
    expect(values('activePowerW').length, base).toBeGreaterThan(3)
    expect(new Set(values('activePowerW'))).toEqual(new Set([0]))
    expect(values('simulated').every(Boolean), values('simulated').join()).toBe(true)
  })
})
