import type { Scope } from './query.ts'
import type { Text } from './text.ts'
import { both } from './text.ts'

/** A variable that Grafana fills from what the history holds. */
export interface Variable {
  readonly label: Text
  readonly sql: string
}

/** Each is narrowed by those before it, so that a list stays short. */
export const VARIABLES: { readonly [S in Scope]: Variable } = {
  county: { label: both('县', 'county'), sql: 'SHOW TAG VALUES FROM "county" WITH KEY = "county"' },
  township: {
    label: both('乡镇', 'township'),
    sql: 'SHOW TAG VALUES FROM "site" WITH KEY = "township" WHERE "county" =~ /^${county:regex}$/',
  },
  site: {
    label: both('矿点', 'site'),
    sql: 'SHOW TAG VALUES FROM "site" WITH KEY = "site" WHERE "county" =~ /^${county:regex}$/ AND "township" =~ /^${township:regex}$/',
  },
  gateway: {
    label: both('网关', 'gateway'),
    sql: 'SHOW TAG VALUES FROM "gateway" WITH KEY = "gateway" WHERE "county" =~ /^${county:regex}$/ AND "township" =~ /^${township:regex}$/',
  },
  sensor: {
    label: both('传感器', 'sensor'),
    sql: 'SHOW TAG VALUES FROM "vibration" WITH KEY = "sensor" WHERE "site" =~ /^${site:regex}$/',
  },
}
