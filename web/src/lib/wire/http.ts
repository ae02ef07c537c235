// The answers of the REST API. Written by `make docs` from the server's replies: change it there.
import * as v from 'valibot';

export const SessionAnswer = v.object({
  token: v.nullish(v.string(), null),
  session_id: v.string(),
  account_id: v.string(),
  rotate_at: v.number(),
  expires_at: v.number(),
});
export type SessionAnswer = v.InferOutput<typeof SessionAnswer>;

export const SignUpStarted = v.object({
  signup_id: v.string(),
});
export type SignUpStarted = v.InferOutput<typeof SignUpStarted>;

export const TotpSetup = v.object({
  secret: v.string(),
  uri: v.string(),
});
export type TotpSetup = v.InferOutput<typeof TotpSetup>;

export const SignUpVerified = v.object({
  signup_token: v.string(),
  account_id: v.string(),
  kdf_profile: v.number(),
  totp: TotpSetup,
});
export type SignUpVerified = v.InferOutput<typeof SignUpVerified>;

export const SignUpCompleted = v.object({
  session: SessionAnswer,
  backup_codes: v.array(v.string()),
});
export type SignUpCompleted = v.InferOutput<typeof SignUpCompleted>;

export const LoginStarted = v.object({
  login_id: v.string(),
  account_id: v.string(),
  kdf_profile: v.number(),
  salt: v.string(),
});
export type LoginStarted = v.InferOutput<typeof LoginStarted>;

export const PasswordProved = v.object({
  missing: v.array(v.picklist(['totp', 'backup_code', 'security_key'])),
});
export type PasswordProved = v.InferOutput<typeof PasswordProved>;

export const WrappedMethod = v.object({
  method_id: v.string(),
  kind: v.union([v.picklist(['password', 'recovery']), v.picklist(['passkey', 'security_key'])]),
  secret: v.string(),
  master: v.string(),
  public: v.string(),
  salt: v.nullish(v.string(), null),
  kdf_profile: v.nullish(v.number(), null),
  credential_id: v.nullish(v.string(), null),
  transports: v.nullish(v.array(v.string()), null),
});
export type WrappedMethod = v.InferOutput<typeof WrappedMethod>;

export const Signing = v.object({
  public_key: v.string(),
  private: v.string(),
});
export type Signing = v.InferOutput<typeof Signing>;

export const EpochStatement = v.object({
  epoch: v.number(),
  commitment: v.string(),
  previous: v.string(),
  signature: v.string(),
});
export type EpochStatement = v.InferOutput<typeof EpochStatement>;

export const NamedMethod = v.object({
  method_id: v.string(),
  public_hash: v.string(),
});
export type NamedMethod = v.InferOutput<typeof NamedMethod>;

export const SignedManifest = v.object({
  sequence: v.number(),
  epoch: v.number(),
  previous: v.string(),
  methods: v.array(NamedMethod),
  signature: v.string(),
});
export type SignedManifest = v.InferOutput<typeof SignedManifest>;

export const MethodAnew = v.object({
  method_id: v.string(),
  master: v.string(),
  public: v.string(),
});
export type MethodAnew = v.InferOutput<typeof MethodAnew>;

export const EpochLink = v.object({
  statement: EpochStatement,
  forward: v.nullish(v.string(), null),
  device: v.string(),
  former: v.nullish(v.array(MethodAnew), null),
});
export type EpochLink = v.InferOutput<typeof EpochLink>;

export const WrappedApp = v.object({
  app: v.string(),
  key: v.string(),
});
export type WrappedApp = v.InferOutput<typeof WrappedApp>;

export const WrappedKeys = v.object({
  account_id: v.string(),
  epoch: v.number(),
  methods: v.array(WrappedMethod),
  signing: Signing,
  statement: EpochStatement,
  manifest: v.nullish(SignedManifest, null),
  links: v.array(EpochLink),
  apps: v.nullish(v.array(WrappedApp), null),
});
export type WrappedKeys = v.InferOutput<typeof WrappedKeys>;

export const LoggedIn = v.object({
  session: SessionAnswer,
  keys: WrappedKeys,
});
export type LoggedIn = v.InferOutput<typeof LoggedIn>;

export const SessionRotated = v.object({
  session: SessionAnswer,
});
export type SessionRotated = v.InferOutput<typeof SessionRotated>;

export const TicketMade = v.object({
  ticket: v.string(),
  expires_in: v.number(),
});
export type TicketMade = v.InferOutput<typeof TicketMade>;

export const WalletAnswer = v.object({
  available: v.number(),
  held: v.number(),
});
export type WalletAnswer = v.InferOutput<typeof WalletAnswer>;

export const AccountAnswer = v.object({
  account_id: v.string(),
  email: v.string(),
  created_at: v.number(),
  epoch: v.number(),
  rotation_due_at: v.number(),
  backup_codes_left: v.number(),
  wallet: WalletAnswer,
  reset_ready_at: v.nullish(v.number(), null),
});
export type AccountAnswer = v.InferOutput<typeof AccountAnswer>;

export const SessionListed = v.object({
  session_id: v.string(),
  device: v.string(),
  created_at: v.number(),
  last_seen_at: v.number(),
  place: v.nullish(v.string(), null),
  current: v.boolean(),
});
export type SessionListed = v.InferOutput<typeof SessionListed>;

export const SessionList = v.object({
  sessions: v.array(SessionListed),
});
export type SessionList = v.InferOutput<typeof SessionList>;

export const SteppedUp = v.object({
  proved_until: v.number(),
});
export type SteppedUp = v.InferOutput<typeof SteppedUp>;

export const BackupCodes = v.object({
  codes: v.array(v.string()),
});
export type BackupCodes = v.InferOutput<typeof BackupCodes>;

export const CeremonyOptions = v.object({
  challenge_id: v.string(),
  options: v.record(v.string(), v.unknown()),
});
export type CeremonyOptions = v.InferOutput<typeof CeremonyOptions>;

export const MethodListed = v.object({
  method_id: v.string(),
  kind: v.union([v.picklist(['password', 'recovery']), v.picklist(['passkey', 'security_key'])]),
  name: v.nullish(v.string(), null),
  created_at: v.number(),
  last_used_at: v.nullish(v.number(), null),
  unlocks: v.boolean(),
});
export type MethodListed = v.InferOutput<typeof MethodListed>;

export const MethodList = v.object({
  methods: v.array(MethodListed),
});
export type MethodList = v.InferOutput<typeof MethodList>;

export const NewDevice = v.object({
  device_id: v.string(),
  device: v.string(),
  place: v.nullish(v.string(), null),
  first_seen_at: v.number(),
});
export type NewDevice = v.InferOutput<typeof NewDevice>;

export const NewDevices = v.object({
  devices: v.array(NewDevice),
});
export type NewDevices = v.InferOutput<typeof NewDevices>;

export const ResetAsked = v.object({
  request_id: v.string(),
});
export type ResetAsked = v.InferOutput<typeof ResetAsked>;

export const ResetAnswer = v.object({
  state: v.picklist(['none', 'waiting', 'ready']),
  waiting_seconds: v.number(),
  ready_at: v.nullish(v.number(), null),
  ends_at: v.nullish(v.number(), null),
});
export type ResetAnswer = v.InferOutput<typeof ResetAnswer>;

export const ErasureBegun = v.object({
  erasure_id: v.string(),
});
export type ErasureBegun = v.InferOutput<typeof ErasureBegun>;

export const ErasureAnswer = v.object({
  erasure_id: v.string(),
  requested_at: v.number(),
  deleted: v.record(v.string(), v.unknown()),
  kept: v.number(),
  erased_at: v.nullish(v.number(), null),
  mac: v.nullish(v.string(), null),
});
export type ErasureAnswer = v.InferOutput<typeof ErasureAnswer>;

export const AppSettings = v.object({
  app: v.string(),
  revision: v.number(),
  key: v.nullish(v.string(), null),
  settings: v.nullish(v.string(), null),
});
export type AppSettings = v.InferOutput<typeof AppSettings>;

export const PairingStarted = v.object({
  expires_at: v.number(),
});
export type PairingStarted = v.InferOutput<typeof PairingStarted>;

export const JoinedDevice = v.object({
  device: v.string(),
  public_key: v.string(),
  commitment: v.string(),
});
export type JoinedDevice = v.InferOutput<typeof JoinedDevice>;

export const PairingShown = v.object({
  expires_at: v.number(),
  joined: v.nullish(JoinedDevice, null),
  nonce: v.nullish(v.string(), null),
  finished: v.boolean(),
});
export type PairingShown = v.InferOutput<typeof PairingShown>;

export const PairingJoined = v.object({
  account_id: v.string(),
  signing_public_key: v.string(),
  expires_at: v.number(),
});
export type PairingJoined = v.InferOutput<typeof PairingJoined>;

export const PairingLooked = v.object({
  nonce: v.nullish(v.string(), null),
  sealed: v.nullish(v.string(), null),
});
export type PairingLooked = v.InferOutput<typeof PairingLooked>;

export const LeaseTaken = v.object({
  lease_id: v.string(),
  epoch: v.number(),
  ring: v.number(),
  expires_at: v.number(),
});
export type LeaseTaken = v.InferOutput<typeof LeaseTaken>;

export const ChatKey = v.object({
  generation: v.number(),
  envelope: v.string(),
});
export type ChatKey = v.InferOutput<typeof ChatKey>;

export const ChatRing = v.object({
  chat_id: v.string(),
  keys: v.array(ChatKey),
});
export type ChatRing = v.InferOutput<typeof ChatRing>;

export const AppAnew = v.object({
  app: v.literal('web'),
  key: v.string(),
});
export type AppAnew = v.InferOutput<typeof AppAnew>;

export const AccountAnew = v.object({
  methods: v.array(MethodAnew),
  signing: v.string(),
  apps: v.array(AppAnew),
});
export type AccountAnew = v.InferOutput<typeof AccountAnew>;

export const StagedKeys = v.object({
  chats: v.array(ChatRing),
  account: v.nullish(AccountAnew, null),
  cursor: v.nullish(v.string(), null),
});
export type StagedKeys = v.InferOutput<typeof StagedKeys>;

export const Flipped = v.object({
  epoch: v.number(),
  rotation_due_at: v.number(),
});
export type Flipped = v.InferOutput<typeof Flipped>;

export const Secured = v.object({
  epoch: v.number(),
  rotation_due_at: v.number(),
  backup_codes: v.array(v.string()),
});
export type Secured = v.InferOutput<typeof Secured>;

export const WalletReply = v.object({
  available: v.number(),
  held: v.number(),
});
export type WalletReply = v.InferOutput<typeof WalletReply>;

export const LedgerRowReply = v.object({
  row_id: v.string(),
  kind: v.picklist(['grant', 'charge']),
  credits: v.number(),
  at: v.number(),
  turn_id: v.nullish(v.string(), null),
  model: v.nullish(v.string(), null),
  input_tokens: v.nullish(v.number(), null),
  output_tokens: v.nullish(v.number(), null),
});
export type LedgerRowReply = v.InferOutput<typeof LedgerRowReply>;

export const LedgerReply = v.object({
  rows: v.array(LedgerRowReply),
  cursor: v.nullish(v.string(), null),
});
export type LedgerReply = v.InferOutput<typeof LedgerReply>;

export const MateReply = v.object({
  mate: v.string(),
  name: v.string(),
  topic: v.string(),
});
export type MateReply = v.InferOutput<typeof MateReply>;

export const MatesReply = v.object({
  mates: v.array(MateReply),
});
export type MatesReply = v.InferOutput<typeof MatesReply>;

export const ChatReply = v.object({
  chat_id: v.string(),
  generation: v.number(),
  keys: v.array(ChatKey),
  title: v.nullish(v.string(), null),
  details: v.nullish(v.string(), null),
  revision: v.number(),
  deleted: v.boolean(),
  created_at: v.number(),
  updated_at: v.number(),
  active_at: v.number(),
});
export type ChatReply = v.InferOutput<typeof ChatReply>;

export const ChatsReply = v.object({
  chats: v.array(ChatReply),
  cursor: v.nullish(v.string(), null),
});
export type ChatsReply = v.InferOutput<typeof ChatsReply>;

export const Parent = v.object({
  turn_id: v.string(),
  hash: v.string(),
});
export type Parent = v.InferOutput<typeof Parent>;

export const TurnReply = v.object({
  turn_id: v.string(),
  chat_id: v.string(),
  parent: v.nullish(Parent, null),
  created_at: v.number(),
  message: v.nullish(v.string(), null),
  outcome: v.string(),
  code: v.nullish(v.string(), null),
  answer: v.nullish(v.string(), null),
  suggestions: v.nullish(v.string(), null),
  mate: v.nullish(v.string(), null),
  model: v.nullish(v.string(), null),
  finish: v.nullish(v.string(), null),
  credits: v.nullish(v.number(), null),
  answered_at: v.nullish(v.number(), null),
});
export type TurnReply = v.InferOutput<typeof TurnReply>;

export const TurnsReply = v.object({
  turns: v.array(TurnReply),
  cursor: v.nullish(v.string(), null),
});
export type TurnsReply = v.InferOutput<typeof TurnsReply>;

export const TurnBegun = v.object({
  turn_id: v.string(),
  begun: v.boolean(),
});
export type TurnBegun = v.InferOutput<typeof TurnBegun>;

export const ChatImported = v.object({
  imported: v.number(),
});
export type ChatImported = v.InferOutput<typeof ChatImported>;
