import type { Issuer } from '@minewarden/cloud/core/orders/draft.ts'
import type { User } from '@minewarden/cloud/core/ports.ts'
import { StateFinding } from '@minewarden/protocol/finding.ts'
import { UserId } from '@minewarden/protocol/ids.ts'
import { Site } from '@minewarden/protocol/site.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'

/** People, a site and findings that a lawful order needs; tests break them one by one. */
export const OFFICER: User = { id: UserId.parse('officer-1'), name: '甲', department: '应急管理局', role: 'officer' }
export const HEAD: User = { id: UserId.parse('head-1'), name: '乙', department: '自然资源局', role: 'head' }
export const VIEWER: User = { id: UserId.parse('viewer-1'), name: '丙', department: '公安局', role: 'viewer' }

export const ISSUER: Issuer = {
  id: 'county-450324',
  name: '全州县应急管理局',
  basis: 'work-safety-law-70',
  kind: 'emergency-management',
  department: '自然资源局',
}
export const SUPPLIER = 'grid-quanzhou'
export const POINT = 'sp-1'
export const FEEDER = 'feeder-1'
export const METER = { gateway: 'gw-1', sensor: 'meter-1' }

type SiteInput = Parameters<typeof Site.parse>[0]

export const siteInput = (change: object = {}): SiteInput => ({
  id: 'site-1',
  name: '老虎冲铅锌矿',
  county: '450324',
  latitude: 25.9,
  longitude: 111.1,
  closedOn: '2019-06-01',
  area: 'key',
  operator: '老虎冲铅锌矿有限公司',
  expectedLoads: [],
  permits: [],
  sensors: [{ gateway: 'gw-1', id: 'meter-1', kind: 'power-meter' }],
  supplyPoints: [pointInput()],
  ...change,
})

export const pointInput = (change: object = {}) => ({
  id: POINT,
  supplier: SUPPLIER,
  customerNumber: '0450324001',
  location: '10kV 老虎冲线 17 号杆',
  method: 'feeder-breaker',
  loadClass: 'A',
  loads: ['破碎机', '地面皮带'],
  surveyedOn: '2026-01-10',
  topology: 'surveyed',
  residents: false,
  meter: METER,
  ...change,
})

export const makeSite = (change: object = {}): Site => Site.parse(siteInput(change))
export const siteWithPoint = (change: object): Site => makeSite({ supplyPoints: [pointInput(change)] })

export const makeFinding = (at: Instant, change: object = {}): StateFinding =>
  StateFinding.parse({
    kind: 'state',
    site: 'site-1',
    at,
    state: 'reopened',
    probability: 0.97,
    because: [{ code: 'night-blasts', values: { count: 3 } }],
    independentKinds: ['geophone', 'power-meter'],
    late: false,
    ...change,
  })

/** A moment at which all of the above is in order. */
export const NOW: Instant = instant(Date.UTC(2026, 2, 3, 15, 0, 0))
