import type { Logger } from '@minewarden/cloud/core/ports.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DAY_MS, rowOf } from '../../support/history/fleet.ts'
import { accessTo, ask, historyIn } from '../../support/history/influx.ts'
import { type DatabaseServer, startInfluxd } from '../../support/influxd.ts'
import { requires } from '../../support/requires.ts'

const ADMIN = 'admin:sesame-of-the-admin'
const PASSWORD = 'sesame-of-the-writer'
const PAST = Date.now() - DAY_MS

/** Keeps all that is logged, as the logger would write it. */
function recorder(): { readonly logger: Logger; text(): string } {
  const said: string[] = []
  const note = (fields: object, message: string) => {
    const { err } = fields as { err?: Error }
    said.push(
      JSON.stringify([fields, message, err && { ...err, message: err.message, stack: err.stack, cause: err.cause }]),
    )
  }
  const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger }
  return { logger, text: () => said.join('\n') }
}

describe.runIf(requires('influxd'))('an InfluxDB that asks for accounts', () => {
  let server: DatabaseServer
  beforeAll(async () => {
    server = await startInfluxd({ auth: true })
    await ask(server.url, `CREATE USER admin WITH PASSWORD '${ADMIN.split(':')[1]}' WITH ALL PRIVILEGES`)
    await ask(server.url, `CREATE USER writer WITH PASSWORD '${PASSWORD}'`, ADMIN)
  }, 120_000)
  afterAll(() => server?.[Symbol.asyncDispose]())
  const row = rowOf({ atMs: PAST, fields: { activePowerW: 1 } })

  test('a wrong password is a refusal that is tried again, and stands in no log and no error', async () => {
    const { logger, text } = recorder()
    const access = accessTo(server.url, 'writer', `${PASSWORD}-wrong`)
    const history = historyIn(server.url, 'closed', { access, logger })
    const attempts = [() => history.write([row]), () => history.write([row]), () => history.query(question as never)]
    for (const attempt of attempts) {
      const error: unknown = await attempt().catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'history-refused' })
      const { message, stack, cause } = error as Error
      logger.error({ err: error, message, stack, cause }, 'what a consumer would log')
      expect(cause).toBeUndefined()
    }
    expect(text()).toContain('401')
    expect(text()).not.toContain(PASSWORD)
    expect(text()).not.toContain(Buffer.from(`writer:${PASSWORD}-wrong`).toString('base64'))
    await history.close()
  })

  test('an account that may write and make nothing writes where somebody else has made everything', async () => {
    const admin = historyIn(server.url, 'shared', {
      access: accessTo(server.url, ...(ADMIN.split(':') as [string, string])),
    })
    await admin.write([row])
    await admin.close()
    await ask(server.url, 'GRANT ALL ON "shared" TO "writer"', ADMIN)
    const { logger, text } = recorder()
    const history = historyIn(server.url, 'shared', { access: accessTo(server.url, 'writer', PASSWORD), logger })
    await history.write([rowOf({ atMs: PAST + 1_000, fields: { activePowerW: 2 } })])
    const [series] = await history.query(question as never)
    expect(series?.values).toEqual([1, 2])
    expect(text()).toContain('were not made')
    expect(text()).not.toContain(PASSWORD)
    await history.tend()
    await history.close()
  })
})

const question = {
  ...{ gateway: 'gateway-0', sensor: 'power-meter-2', kind: 'power', fields: ['activePowerW'] },
  ...{ from: PAST - 1, to: PAST + DAY_MS, maxPoints: 100 },
}
