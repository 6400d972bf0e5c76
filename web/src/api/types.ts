// Written by tools/api_types.py; do not edit.

export interface Apart {
  id: string;
  name: string;
  kind: string;
  cost_musd: number | null;
  why: string;
  readiness: Readiness;
}

export interface AppraisalAnswer {
  meta: Meta;
  rule_sets: RuleSetChoice[];
  standings: StandingChoice[];
  headline: string;
  projects: Candidate[];
  sources: Source[];
}

export interface BothWays {
  economy: string;
  partner: string;
  forward_t_per_year: number;
  backward_t_per_year: number;
  trains_forward_per_day: number;
  trains_backward_per_day: number;
  trucks_forward_per_day: number;
  trucks_backward_per_day: number;
  trains_empty_share: number;
  trucks_empty_share: number;
}

export interface Bottleneck {
  resource: string;
  table: string;
  row: string;
  direction: string;
  name: string;
  mode: string;
  capacity_t_per_day: number;
  preload_t_per_day: number;
  used_t_per_day: number;
  utilisation: number;
  clearing: string;
  price_usd_per_t: number;
  queue_h: number;
  delay_h: number;
  rent_musd_per_year: number;
  queue_loss_musd_per_year: number;
  delay_loss_musd_per_year: number;
  owner: string;
  owner_name: string;
  cost_musd_per_year: number;
  assumed: boolean;
}

export interface Break {
  id: string;
  name: string;
  node: string;
  gauge_a_mm: number;
  gauge_b_mm: number;
  time_h: number;
  built: boolean;
}

export interface Candidate {
  id: string;
  name: string;
  countries: string[];
  cost_musd: number | null;
  cost_low_musd: number | null;
  cost_high_musd: number | null;
  cost_basis: string;
  effect_basis: string;
  status: string;
}

export interface CaseAnswer {
  meta: Meta;
  name: string;
  description: string;
  base_year: number;
  horizon_year: number;
  price_year: number;
  default_scenario: string;
  default_commodity: string;
  licence: string;
  attribution: string;
  options: string[];
  pairs: ([string, string])[];
  tables: TableCount[];
  countries: Record<string, string>;
  scenarios: ScenarioChoice[];
  projects: ProjectChoice[];
  crossings: CrossingChoice[];
  places: PlaceChoice[];
  commodities: Choice[];
  changeable: Record<string, string[]>;
}

export interface Cash {
  standing: string;
  streams: Stream[];
  net_musd: number[];
  sum_pv_musd: number[];
}

export interface Choice {
  id: string;
  name: string;
}

export interface Chosen {
  project: string;
  name: string;
  kind: string;
  countries: string[];
  start_year: number;
  opening_year: number;
  cost_musd: number;
}

export interface Column {
  name: string;
  type: string;
  unit: string;
  description: string;
}

export interface Condition {
  dimension: string;
  level: string;
}

export interface Convergence {
  rounds: number;
  tonnes_change: number;
  cost_change: number;
  contraction: number | null;
  tolerance: number;
}

export interface CostSharing {
  rule: string;
  sides: SideShare[];
  would_leave: Leaving[];
}

export interface CountryNet {
  country: string;
  benefit_musd: number;
  capital_musd: number;
  net_musd: number;
}

export interface Criterion {
  criterion: string;
  level: number | null;
  words: string;
}

export interface Crossing {
  id: string;
  name: string;
  status: string;
  time_h: number;
  port: string;
  rows: CrossingRow[];
}

export interface CrossingChoice {
  id: string;
  name: string;
  countries: string[];
  modes: string[];
  rows: string[];
}

export interface CrossingFlow {
  border_id: string;
  crossing_id: string;
  name: string;
  mode: string;
  from_country: string;
  to_country: string;
  status: string;
  flow_t_per_year: number;
  capacity_t_per_day: number | null;
  utilisation: number | null;
  price_usd_per_t: number | null;
  queue_h: number | null;
}

export interface CrossingRow {
  id: string;
  mode: string;
  from_country: string;
  to_country: string;
  status: string;
  time_h: number;
  time_p10_h: number;
  time_p90_h: number;
  price_usd_per_t: number;
  confidence: string;
  assumed: boolean;
  sources: string[];
}

export interface CrossingState {
  id: string;
  status: string;
  switched: boolean;
}

export interface CurvePoint {
  share: number;
  enpv_musd: number;
}

export interface Dependence {
  project: string;
  pair_musd: number;
}

export interface DrawnDriver {
  name: string;
  label: string;
  basis: string;
  assumed: boolean;
  figures: number;
  low: number;
  high: number;
  at_low_musd: number;
  at_high_musd: number;
  rank_correlation: number | null;
  total_order: number | null;
}

export interface DrawnWorth {
  mean_musd: number;
  sd_musd: number;
  p10_musd: number;
  p50_musd: number;
  p90_musd: number;
  p10_low_musd: number;
  p90_high_musd: number;
  cvar_musd: number;
  p_negative: number;
  p_negative_low: number;
  p_negative_high: number;
}

export interface DrawsAnswer {
  meta: Meta;
  id: string;
  drawn: "accounts" | "all";
  draws: number;
  seed: number;
  standing: string;
  base_musd: number;
  spread: DrawnWorth;
  hurdle: number;
  p_below_hurdle: number;
  s_curve: CurvePoint[];
  drivers: DrawnDriver[];
  by_standing: StandingDrawn[];
  by_state: StateDrawn[];
  emulator: EmulatorOff | null;
  notes: string[];
}

export interface DriverBar {
  name: string;
  unit: string;
  base: number;
  low: number;
  high: number;
  enpv_low_musd: number;
  enpv_high_musd: number;
  switching_value: number | null;
  switching_change: number | null;
}

export interface Economy {
  id: string;
  name: string;
  real_income_hat: number;
  equivalent_variation_musd: number;
  equivalent_variation_low_musd: number;
  equivalent_variation_high_musd: number;
  cost_part_musd: number;
  terms_of_trade_part_musd: number;
  volume_part_musd: number;
  exports_musd: number;
  exports_change_musd: number;
  imports_musd: number;
  imports_change_musd: number;
}

export interface EmulatorOff {
  solves: number;
  worlds: number;
  likely: number;
  checks: number;
  error_musd: number;
  error_share: number | null;
  worst_musd: number;
  sampling_musd: number | null;
}

export interface Entry {
  id: string;
  entry: string;
  date: string;
  title: string;
  kind: string;
  parties: string[];
  topics: string[];
  body: string;
  amount_musd: number | null;
  status: string;
  due_on: string;
  done_on: string;
  overdue_days: number | null;
  project_id: string[];
  source: string[];
  confidence: string;
  assumed: boolean;
  note: string;
}

export interface Fact {
  column: string;
  unit: string;
  description: string;
  value: unknown;
  before: unknown;
  changed: boolean;
  low: number | null;
  high: number | null;
  changeable: boolean;
}

export interface Failing {
  conditions: Condition[];
  failing_share: number;
  covers_share: number;
}

export interface Fair {
  countries: CountryNet[];
  cost_shares: CostSharing[];
  fair_notes: string[];
}

export interface Fault {
  kind: string;
  message: string;
  given: string;
  near: string[];
  lines: string[];
}

export interface FlowTotals {
  demand_t_per_year: number;
  network_t_per_year: number;
  outside_t_per_year: number;
  tkm_per_year: number;
  mean_time_h: number;
  co2e_t_per_year: number;
  rent_musd_per_year: number;
  queue_loss_musd_per_year: number;
  delay_loss_musd_per_year: number;
}

export interface FlowsAnswer {
  meta: Meta;
  reference: string;
  is_reference: boolean;
  has_counts: boolean;
  totals: FlowTotals;
  relative_gap: number;
  iterations: number;
  links: LinkFlows;
  bottlenecks: Bottleneck[];
  crossings: CrossingFlow[];
  screenlines: Screenline[];
  modes: ModeFlow[];
  notes: string[];
  sources: Source[];
}

export interface FrontierPoint {
  budget_musd: number;
  cost_musd: number;
  value_musd: number;
  projects: string[];
  added: string[];
  left_out: string[];
}

export interface FunderOutlay {
  year: number;
  project: string;
  funder: string;
  funder_name: string;
  country: string;
  instrument: string;
  status: string;
  musd: number;
}

export interface Good {
  commodity: string;
  name: string;
  value_musd: number;
  value_after_musd: number;
  change_musd: number;
  flow_t_per_year: number;
  flow_after_t_per_year: number;
}

export interface Greeting {
  karvan: string;
  case: string;
  digest: string;
  rooms: string[];
}

export interface Indicators {
  standing: string;
  name: string;
  enpv_musd: number | null;
  eirr: number | null;
  eirr_roots: number[];
  mirr: number | null;
  bcr: number | null;
  bcr_denominator: string | null;
  first_year_return: number | null;
  payback_years: number | null;
}

export interface LeagueAnswer {
  meta: Meta;
  rule_set: string;
  headline: string;
  horizon_year: number;
  rows: LeagueRow[];
}

export interface LeagueRow {
  rank: number | null;
  id: string;
  name: string;
  countries: string[];
  opening_year: number | null;
  cost_musd: number | null;
  cost_assumed: boolean;
  effect_assumed: boolean;
  enpv_musd: Record<string, number | null>;
  enpv_low_musd: Record<string, number>;
  enpv_high_musd: Record<string, number>;
  eirr: number | null;
  bcr: number | null;
  p_negative: number | null;
  break_even_cost_musd: number | null;
  break_even_mt_per_year: number | null;
  traffic_mt_per_year: number | null;
  why_not: string;
}

export interface Leaving {
  group: string[];
  gain_musd: number;
}

export interface LegAnswer {
  kind: string;
  name: string;
  mode: string;
  country: string;
  from_node: string;
  to_node: string;
  start_km: number;
  start_h: number;
  start_usd_per_t: number;
  distance_km: number;
  time_h: number;
  moving_h: number;
  standing_h: number;
  wait_h: number;
  sd_h: number;
  price_usd_per_t: number;
  resource_usd_per_t: number;
  co2e_kg_per_t: number;
  gauge_break: boolean;
  crossing: string;
  links: string[];
  rows: string[];
  confidence: string;
  assumed: boolean;
  sources: string[];
}

export interface LinkFlows {
  forward_t_per_year: number[];
  backward_t_per_year: number[];
  vehicles_per_day: number[];
  empties_per_day: number[];
  capacity_t_per_day: (number | null)[];
  used_t_per_day: (number | null)[];
  utilisation: (number | null)[];
  price_usd_per_t: number[];
  queue_h: number[];
  delay_h: number[];
}

export interface LinkStates {
  status: string[];
  gauge_mm: (number | null)[];
  length_km: number[];
  capacity_t_per_day: (number | null)[];
  capacity_shared: boolean[];
}

export interface Links {
  id: string[];
  name: string[];
  start: number[];
  end: number[];
  mode: string[];
  crossing: string[];
  confidence: string[];
  assumed: boolean[];
}

export interface Meta {
  karvan: string;
  case: string | null;
  setting: Record<string, unknown>;
  seed: number | null;
  hash: string;
}

export interface ModeFlow {
  mode: string;
  tkm_per_year: number;
  vehicle_km_per_year: number;
  empty_km_per_year: number;
  empty_resource_usd_per_year: number;
  empty_co2e_t_per_year: number;
}

export interface ModeSum {
  mode: string;
  gauge_mm: number;
  built: boolean;
  links: number;
  length_km: number;
}

export interface NetworkAnswer {
  meta: Meta;
  nodes: number;
  uncapacitated_share: number;
  assumption_share: number | null;
  sums: ModeSum[];
  links: LinkStates;
  crossings: Crossing[];
  breaks: Break[];
  notes: string[];
  sources: Source[];
}

export interface Nodes {
  id: string[];
  name: string[];
  x: number[];
  y: number[];
  kind: string[];
  country: string[];
}

export interface Outlay {
  year: number;
  project: string;
  funder: string;
  instrument: string;
  country: string;
  musd: number;
}

export interface PartyGain {
  country: string;
  party: string;
  benefit_musd: number;
  transfer_musd: number;
}

export interface Passing {
  country: string;
  transit_t_per_year: number;
  transit_t_per_year_change: number;
  export_t_per_year: number;
  import_t_per_year: number;
  domestic_t_per_year: number;
}

export interface PlaceChoice {
  id: string;
  name: string;
  kind: string;
  country: string;
}

export interface Planned {
  id: string;
  name: string;
  opening_year: number;
  cost_musd: number | null;
  cost_low_musd: number | null;
  cost_high_musd: number | null;
  cost_basis: string;
  effect_basis: string;
  countries: string[];
}

export interface PortfolioAnswer {
  meta: Meta | null;
  budget_musd: number;
  aim: string;
  rule_set: string;
  value_musd: number;
  cost_musd: number;
  bound_kind: string;
  proven: boolean;
  bound_musd: number | null;
  gap: number | null;
  largest_error_musd: number | null;
  sets_appraised: number;
  chosen: Chosen[];
  standings: StandingWorth[];
  outlays: FunderOutlay[];
  sets: SetWorth[];
  candidates: Reason[];
  apart: Apart[];
  frontier: FrontierPoint[];
  robustness: Robust;
  wait: Waiting | null;
  fairness: Fair;
  notes: string[];
  sources: Source[];
}

export interface ProjectAnswer {
  meta: Meta;
  id: string;
  projects: Planned[];
  valued: boolean;
  ranked: boolean;
  why_not: string;
  rule_set: string;
  rate: number;
  headline: string;
  cost_musd: number | null;
  years: number[];
  indicators: Indicators[];
  cash: Cash[];
  states: StateWorth[];
  gains: PartyGain[];
  drivers: DriverBar[];
  turning: Turning;
  outlays: Outlay[];
  notes: string[];
  sources: Source[];
}

export interface ProjectChoice {
  id: string;
  name: string;
  countries: string[];
  kind: string;
  status: string;
  opens: number | null;
  cost_musd: number | null;
  cost_low_musd: number | null;
  cost_high_musd: number | null;
  alternatives: string[];
  prerequisites: string[];
  effects: number;
  assumed: boolean;
}

export interface Readiness {
  score: number | null;
  reported: number;
  criteria: Criterion[];
}

export interface Reason {
  id: string;
  name: string;
  kind: string;
  chosen: boolean;
  opening_year: number | null;
  cost_musd: number | null;
  alone_musd: number | null;
  value_per_dollar: number | null;
  why: string;
  adds_musd: number | null;
  cost_out_musd: number | null;
  cost_in_musd: number | null;
  loss_musd: number | null;
  instead_of: string[];
  depends_on: Dependence[];
  readiness: Readiness;
}

export interface RecordAnswer {
  meta: Meta;
  on: string;
  entries: Entry[];
  sources: Source[];
}

export interface Robust {
  core: string[];
  near_sets: number;
  sets: TestedSet[];
  futures_count: number;
  failing_share: number;
  failures: Failing[];
  robust_notes: string[];
}

export interface RouteAnswer {
  rank: number;
  distance_km: number;
  time_h: Spread;
  price_usd_per_t: number;
  price_usd_per_feu: number;
  price_range_usd_per_t: Spread;
  resource_usd_per_t: number;
  generalised_usd_per_t: number;
  standing_share: number;
  co2e_kg_per_t: number;
  modes: string[];
  borders: string[];
  gauge_breaks: string[];
  assumed_share: number;
  way_modes: string[];
  way_countries: string[];
  legs: LegAnswer[];
}

export interface RoutesAnswer {
  meta: Meta;
  origin: string;
  destination: string;
  origin_name: string;
  destination_name: string;
  commodity: string;
  by: string;
  asked: number;
  notes: string[];
  routes: RouteAnswer[];
  sources: Source[];
}

export interface RowAnswer {
  meta: Meta;
  table: string;
  row: string;
  title: string;
  confidence: string;
  assumed: boolean;
  note: string;
  facts: Fact[];
  sources: Source[];
}

export interface RuleSetChoice {
  id: string;
  name: string;
  rate: number;
  horizon_years: number;
}

export interface RunState {
  id: string;
  state: "running" | "done" | "stopped" | "failed";
  stage: string;
  done: number;
  of: number;
  seconds: number;
  fault: Fault | null;
  decision: boolean;
}

export interface ScenarioChoice {
  id: string;
  name: string;
  description: string;
  confidence: string;
  assumed: boolean;
  sources: Source[];
}

export interface Screenline {
  count_id: string;
  name: string;
  kind: string;
  use: string;
  period: string;
  counted_t_per_year: number;
  counted_low_t_per_year: number | null;
  counted_high_t_per_year: number | null;
  modelled_t_per_year: number;
  ratio: number | null;
  aim: number;
  hit: boolean;
  constant_usd_per_t: number | null;
}

export interface SetWorth {
  projects: string[];
  value_musd: number;
  model_musd: number | null;
  cost_musd: number;
}

export interface SettingAnswer {
  meta: Meta;
  options: string[];
  is_default: boolean;
  open_projects: string[];
  crossings: CrossingState[];
  notes: string[];
}

export interface ShapeAnswer {
  digest: string;
  nodes: Nodes;
  links: Links;
}

export interface SideShare {
  side: string;
  benefit_musd: number;
  cost_musd: number;
  net_musd: number;
}

export interface Source {
  id: string;
  title: string;
  publisher: string;
  date: string;
  url: string;
  kind: string;
  assumption: boolean;
}

export interface Spread {
  mean: number;
  p10: number;
  p90: number;
}

export interface StandingChoice {
  id: string;
  name: string;
  countries: string[];
}

export interface StandingDrawn {
  mean_musd: number;
  sd_musd: number;
  p10_musd: number;
  p50_musd: number;
  p90_musd: number;
  p10_low_musd: number;
  p90_high_musd: number;
  cvar_musd: number;
  p_negative: number;
  p_negative_low: number;
  p_negative_high: number;
  standing: string;
  error_share: number | null;
}

export interface StandingWorth {
  standing: string;
  enpv_musd: number;
}

export interface StateDrawn {
  mean_musd: number;
  sd_musd: number;
  p10_musd: number;
  p50_musd: number;
  p90_musd: number;
  p10_low_musd: number;
  p90_high_musd: number;
  cvar_musd: number;
  p_negative: number;
  p_negative_low: number;
  p_negative_high: number;
  state: string;
  name: string;
  probability: number;
}

export interface StateShare {
  state: string;
  name: string;
  probability: number;
}

export interface StateValue {
  state: string;
  worth_musd: number;
}

export interface StateWorth {
  state: string;
  name: string;
  probability: number;
  enpv_musd: Record<string, number>;
}

export interface Stream {
  effect: string;
  musd: number[];
}

export interface TableAnswer {
  meta: Meta;
  table: string;
  file: string;
  columns: Column[];
  rows: unknown[][];
  assumed: boolean[];
}

export interface TableCount {
  table: string;
  file: string;
  rows: number;
  high: number;
  medium: number;
  low: number;
  assumed: number;
  sources: number;
}

export interface TestedSet {
  projects: string[];
  value_musd: number;
  expected_musd: number;
  cvar_musd: number;
  worst_regret_musd: number;
  loss_share: number;
  by_state: StateValue[];
}

export interface TradeAnswer {
  meta: Meta;
  compared_with: string;
  pair: [string, string];
  theta: number;
  elasticity_share: number;
  states: StateShare[];
  world: World;
  economies: Economy[];
  pairs: TradePair[];
  commodities: Good[];
  sensitivity: Variant[];
  path: YearAfter[];
  sources: Source[];
  directions: BothWays[];
  countries: Passing[];
  surplus_musd_per_year: number;
  convergence: Convergence | null;
  notes: string[];
}

export interface TradeLook {
  meta: Meta;
  compared_with: string;
  pair: [string, string];
  theta: number;
  elasticity_share: number;
  states: StateShare[];
  world: World;
  economies: Economy[];
  pairs: TradePair[];
  commodities: Good[];
  sensitivity: Variant[];
  path: YearAfter[];
  sources: Source[];
}

export interface TradePair {
  exporter: string;
  importer: string;
  tau_hat: number;
  value_musd: number;
  value_after_musd: number;
  change_musd: number;
  value_hat: number | null;
  flow_t_per_year: number;
  flow_after_t_per_year: number;
}

export interface Turning {
  cost_musd: number | null;
  mt_per_year: number | null;
  traffic_mt_per_year: number | null;
  closure_share: number | null;
}

export interface Use {
  origin: string;
  destination: string;
  commodity: string;
  flow_t_per_year: number;
}

export interface UsersAnswer {
  meta: Meta;
  link: string | null;
  crossing: string | null;
  flows: Use[];
}

export interface Variant {
  equivalent_variation_musd: number;
  rule_of_half_musd: number;
  trade_musd: number;
  trade_after_musd: number;
  what: string;
  theta: number;
}

export interface Waiting {
  build_now: boolean;
  now_musd: number;
  wait_musd: number;
  option_musd: number;
  decide_year: number;
  trigger: string[];
  by_state: StateValue[];
  by_year: YearWorth[];
}

export interface WorkState {
  state: "asleep" | "starting" | "preparing" | "idle" | "working";
  seconds: number;
  room: string;
}

export interface World {
  equivalent_variation_musd: number;
  rule_of_half_musd: number;
  trade_musd: number;
  trade_after_musd: number;
}

export interface YearAfter {
  equivalent_variation_musd: number;
  rule_of_half_musd: number;
  trade_musd: number;
  trade_after_musd: number;
  year: number;
  elasticity_share: number;
}

export interface YearWorth {
  year: number;
  worth_musd: number;
}

/** What each address answers with. */
export interface Answers {
  "get /api": Greeting;
  "get /api/appraisal": AppraisalAnswer;
  "get /api/appraisal/draws": RunState | null;
  "post /api/appraisal/draws": RunState;
  "delete /api/appraisal/draws/{run}": RunState;
  "get /api/appraisal/draws/{run}": RunState;
  "get /api/appraisal/draws/{run}/answer": DrawsAnswer;
  "get /api/appraisal/runs": RunState | null;
  "post /api/appraisal/runs": RunState;
  "delete /api/appraisal/runs/{run}": RunState;
  "get /api/appraisal/runs/{run}": RunState;
  "get /api/appraisal/runs/{run}/answer": LeagueAnswer;
  "get /api/appraisal/set": ProjectAnswer;
  "get /api/case": CaseAnswer;
  "get /api/case/rows/{table}/{row}": RowAnswer;
  "post /api/case/runs": RunState;
  "delete /api/case/runs/{run}": RunState;
  "get /api/case/runs/{run}": RunState;
  "get /api/case/setting": SettingAnswer;
  "get /api/case/tables/{table}": TableAnswer;
  "get /api/flows": FlowsAnswer;
  "get /api/flows/look": FlowsAnswer | null;
  "get /api/flows/users": UsersAnswer;
  "get /api/network": NetworkAnswer;
  "get /api/network/shape": ShapeAnswer;
  "get /api/portfolio/runs": RunState | null;
  "post /api/portfolio/runs": RunState;
  "delete /api/portfolio/runs/{run}": RunState;
  "get /api/portfolio/runs/{run}": RunState;
  "get /api/portfolio/runs/{run}/answer": PortfolioAnswer;
  "get /api/programme": RecordAnswer;
  "get /api/routes": RoutesAnswer;
  "get /api/trade": TradeAnswer;
  "get /api/trade/look": TradeLook | null;
  "delete /api/work": WorkState;
  "get /api/work": WorkState;
}
