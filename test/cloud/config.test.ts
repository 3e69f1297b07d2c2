import { parseConfig } from '@minewarden/cloud/config.ts'
import { describe, expect, test } from 'vitest'

const SHA = 'a'.repeat(64)
const site = {
  id: 'site-1',
  name: '一号矿',
  county: '450324',
  latitude: 24,
  longitude: 110,
  closedOn: '2024-05-01',
  area: 'key',
  expectedLoads: [],
  permits: [],
  sensors: [{ gateway: 'gw-1', id: 'meter-1', kind: 'power-meter' }],
  supplyPoints: [],
}
const least = {
  dataDir: 'data',
  hostId: 'county',
  sites: [site],
  gateways: [{ id: 'gw-1', site: 'site-1', passwordSha256: SHA }],
  orders: { issuer: { id: '450324', name: '某县' } },
}

const problemsOf = (raw: unknown): string => {
  try {
    parseConfig(raw)
    return ''
  } catch (error) {
    expect(error).toMatchObject({ code: 'config-invalid' })
    return (error as Error).message
  }
}

describe('the configuration', () => {
  test('needs little and fills in the rest', () => {
    const config = parseConfig(least)
    expect(config.http).toEqual({ host: '127.0.0.1', port: 8080, publicReading: false, trustProxy: false })
    expect(config.mqtt).toEqual({ embedded: { host: '127.0.0.1', port: 1883 } })
    expect(config.history).toEqual({ retentionHours: 72 })
    expect(config.users).toEqual([])
  })

  test('is frozen through and through', () => {
    const config = parseConfig(least)
    expect(() => Object.assign(config.http, { port: 1 })).toThrow(TypeError)
    expect(() => config.sites.push(config.sites[0] as never)).toThrow(TypeError)
  })

  test('knows the supplier and the meter of every supply point, or says which it does not', () => {
    const point = {
      ...{ id: 'sp-1', customerNumber: '1', location: 'pole 1', method: 'feeder-breaker', loadClass: 'A', loads: [] },
      ...{ supplier: 'grid', surveyedOn: null, residents: false, meter: { gateway: 'gw-1', sensor: 'meter-1' } },
    }
    const suppliers = [{ id: 'grid', name: 'grid', url: 'https://grid/orders', jwksUrl: 'https://grid/jwks' }]
    const withPoint = (changes: object) => ({
      ...{ ...least, suppliers },
      sites: [{ ...site, supplyPoints: [{ ...point, ...changes }] }],
    })
    expect(problemsOf(withPoint({}))).toBe('')
    expect(problemsOf(withPoint({ supplier: 'other' }))).toBe('sites.0.supplyPoints.0.supplier: no supplier other')
    const stranger = { gateway: 'gw-1', sensor: 'geo-1' }
    expect(problemsOf(withPoint({ meter: stranger }))).toContain('sites.0.supplyPoints.0.meter: gw-1 geo-1 is no power')
  })

  test('takes an external broker by its address', () => {
    expect(parseConfig({ ...least, mqtt: { url: 'mqtts://broker.example:8883', username: 'host' } }).mqtt).toEqual({
      url: 'mqtts://broker.example:8883',
      username: 'host',
    })
  })

  test.each([
    ['no address', { url: 'broker.example' }, 'mqtt'],
    ['both brokers', { url: 'mqtt://b:1', embedded: {} }, 'mqtt'],
    ['a word for a port', { embedded: { port: 'x' } }, 'mqtt'],
  ])('refuses %s', (_, mqtt, path) => expect(problemsOf({ ...least, mqtt })).toContain(path))

  test('takes orders and keys of suppliers over HTTPS only', () => {
    const supplier = { id: 's-1', name: '供电所', url: 'https://s.example/orders', jwksUrl: 'https://s.example/jwks' }
    expect(problemsOf({ ...least, suppliers: [supplier] })).toBe('')
    for (const address of ['http://s.example/', 'file:///etc/passwd', 'ftp://s.example']) {
      expect(problemsOf({ ...least, suppliers: [{ ...supplier, jwksUrl: address }] })).toContain('suppliers.0.jwksUrl')
      expect(problemsOf({ ...least, suppliers: [{ ...supplier, url: address }] })).toContain('suppliers.0.url')
    }
  })

  test('refuses what a signed order cannot say: nameless people, orders that are valid for more than a day', () => {
    const user = { id: 'u-1', name: ' ', department: '\t', role: 'head' }
    const said = problemsOf({ ...least, users: [user], orders: { ...least.orders, validityMinutes: 1441 } })
    for (const path of ['users.0.name', 'users.0.department', 'orders.validityMinutes']) expect(said).toContain(path)
  })

  test('names every problem at once, each with its place', () => {
    const said = problemsOf({
      ...least,
      hostId: 'county/1',
      sites: [{ ...site, latitude: 99 }],
      gateways: [{ id: 'gw 1', site: 'site-1', passwordSha256: 'secret' }],
      colour: 'blue',
    })
    for (const path of ['hostId:', 'sites.0.latitude:', 'gateways.0.id:', 'gateways.0.passwordSha256:', 'colour'])
      expect(said).toContain(path)
    expect(said).not.toContain('secret')
  })

  test('refuses parts that contradict each other', () => {
    const said = problemsOf({
      ...least,
      sites: [site, site],
      gateways: [...least.gateways, { id: 'gw-2', site: 'site-9', passwordSha256: SHA }],
      users: [],
      signInTokens: [{ user: 'nobody', sha256: SHA, expiresAt: '2030-01-01T00:00:00Z' }],
    })
    expect(said).toContain('sites.1.id: site-1 is listed twice')
    expect(said).toContain('gateways.1.site: gw-2 stands at site site-9')
    expect(said).toContain('signInTokens.0.user: no user nobody')
  })

  test('refuses a sensor that hangs on a gateway of another site', () => {
    const sensors = [{ gateway: 'gw-7', id: 'meter-1', kind: 'power-meter' }]
    expect(problemsOf({ ...least, sites: [{ ...site, sensors }] })).toContain('sites.0.sensors.0.gateway: meter-1')
  })

  test.each([[null], [[]], ['text'], [7]])('refuses %j', (raw) => expect(problemsOf(raw)).not.toBe(''))
})
