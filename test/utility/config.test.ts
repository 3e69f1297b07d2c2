import { parseConfig } from '@minewarden/utility/config.ts'
import { expect, test } from 'vitest'

const good = {
  supplier: { id: 'grid', name: '供电公司' },
  listen: { port: 8443 },
  tls: { certFile: 'a', keyFile: 'b' },
  signingKeyFile: 'c',
  database: 'd',
  county: { issuer: 'county', jwksUrl: 'https://localhost/jwks', answersUrl: 'https://localhost/answers' },
  feeders: { port: 1, points: [{ supplyPoint: 'sp-1', feeder: 'f1' }] },
}

test('what may be left out has a default', () => {
  expect(parseConfig(good)).toMatchObject({
    listen: { host: '127.0.0.1' },
    policy: { acceptDelayMs: 1000, executeDelayMs: 1000, refuse: [] },
    clockSkewMs: 60_000,
    statusFor: 'loopback',
  })
})

test('every field that is wrong is named at once', () => {
  const bad = { ...good, listen: { port: 99_999 }, county: { ...good.county, jwksUrl: 'http://localhost' }, extra: 1 }
  const error = (() => {
    try {
      return parseConfig({ ...bad, supplier: undefined })
    } catch (thrown) {
      return thrown as { code: string; message: string }
    }
  })() as { code: string; message: string }
  expect(error.code).toBe('config-invalid')
  for (const field of ['supplier', 'listen.port', 'county.jwksUrl', 'extra']) expect(error.message).toContain(field)
})
