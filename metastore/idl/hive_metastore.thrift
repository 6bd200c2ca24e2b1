/*
 * Messages of the Hive Metastore's thrift interface, of Hive 2.3, 3.1 and 4 at once: the calls that this crate makes or answers, and what
 * they carry. Each call is a pair NAME_call (its arguments) and NAME_answer (field 0 = the result, others = its exceptions).
 *
 * There is no service: clients leave arguments out that are null, and a generated server refuses such calls. For the same reason every
 * field that has the default requirement in Hive is optional here; the bytes are the same.
 *
 * Fields and ids: hive_metastore.thrift of Hive 2.3.9, 3.1.3, 4.0.1 and 4.2.0.
 */

enum TxnType {
  DEFAULT = 0,
  REPL_CREATED = 1,
  READ_ONLY = 2,
  COMPACTION = 3,
  MATER_VIEW_REBUILD = 4,
  SOFT_DELETE = 5,
  REBALANCE_COMPACTION = 6,
}

struct AbortTxnRequest {
  1: required i64 txnid,
  2: optional string replPolicy,
  3: optional TxnType txn_type,
  4: optional i64 errorCode,
}

struct AbortTxnsRequest {
  1: required list<i64> txn_ids,
  2: optional i64 errorCode,
}

struct Index {
  1: optional string indexName,
  2: optional string indexHandlerClass,
  3: optional string dbName,
  4: optional string origTableName,
  5: optional i32 createTime,
  6: optional i32 lastAccessTime,
  7: optional string indexTableName,
  8: optional StorageDescriptor sd,
  9: optional map<string, string> parameters,
  10: optional bool deferredRebuild,
}

struct SQLCheckConstraint {
  1: optional string catName,
  2: optional string table_db,
  3: optional string table_name,
  4: optional string column_name,
  5: optional string check_expression,
  6: optional string dc_name,
  7: optional bool enable_cstr,
  8: optional bool validate_cstr,
  9: optional bool rely_cstr,
}

struct AddCheckConstraintRequest {
  1: required list<SQLCheckConstraint> checkConstraintCols,
}

struct SQLDefaultConstraint {
  1: optional string catName,
  2: optional string table_db,
  3: optional string table_name,
  4: optional string column_name,
  5: optional string default_value,
  6: optional string dc_name,
  7: optional bool enable_cstr,
  8: optional bool validate_cstr,
  9: optional bool rely_cstr,
}

struct AddDefaultConstraintRequest {
  1: required list<SQLDefaultConstraint> defaultConstraintCols,
}

enum DataOperationType {
  SELECT = 1,
  INSERT = 2,
  UPDATE = 3,
  DELETE = 4,
  UNSET = 5,
  NO_TXN = 6,
}

struct AddDynamicPartitions {
  1: required i64 txnid,
  2: required i64 writeid,
  3: required string dbname,
  4: required string tablename,
  5: required list<string> partitionnames,
  6: optional DataOperationType operationType = DataOperationType.UNSET,
}

struct SQLForeignKey {
  1: optional string pktable_db,
  2: optional string pktable_name,
  3: optional string pkcolumn_name,
  4: optional string fktable_db,
  5: optional string fktable_name,
  6: optional string fkcolumn_name,
  7: optional i32 key_seq,
  8: optional i32 update_rule,
  9: optional i32 delete_rule,
  10: optional string fk_name,
  11: optional string pk_name,
  12: optional bool enable_cstr,
  13: optional bool validate_cstr,
  14: optional bool rely_cstr,
  15: optional string catName,
}

struct AddForeignKeyRequest {
  1: required list<SQLForeignKey> foreignKeyCols,
}

struct SQLNotNullConstraint {
  1: optional string catName,
  2: optional string table_db,
  3: optional string table_name,
  4: optional string column_name,
  5: optional string nn_name,
  6: optional bool enable_cstr,
  7: optional bool validate_cstr,
  8: optional bool rely_cstr,
}

struct AddNotNullConstraintRequest {
  1: required list<SQLNotNullConstraint> notNullConstraintCols,
}

struct FieldSchema {
  1: optional string name,
  2: optional string type,
  3: optional string comment,
}

enum SerdeType {
  HIVE = 1,
  SCHEMA_REGISTRY = 2,
}

struct SerDeInfo {
  1: optional string name,
  2: optional string serializationLib,
  3: optional map<string, string> parameters,
  4: optional string description,
  5: optional string serializerClass,
  6: optional string deserializerClass,
  7: optional SerdeType serdeType,
}

struct Order {
  1: optional string col,
  2: optional i32 order,
}

struct SkewedInfo {
  1: optional list<string> skewedColNames,
  2: optional list<list<string>> skewedColValues,
  3: optional map<list<string>, string> skewedColValueLocationMaps,
}

struct StorageDescriptor {
  1: optional list<FieldSchema> cols,
  2: optional string location,
  3: optional string inputFormat,
  4: optional string outputFormat,
  5: optional bool compressed,
  6: optional i32 numBuckets,
  7: optional SerDeInfo serdeInfo,
  8: optional list<string> bucketCols,
  9: optional list<Order> sortCols,
  10: optional map<string, string> parameters,
  11: optional SkewedInfo skewedInfo,
  12: optional bool storedAsSubDirectories,
}

enum PrincipalType {
  USER = 1,
  ROLE = 2,
  GROUP = 3,
}

struct PrivilegeGrantInfo {
  1: optional string privilege,
  2: optional i32 createTime,
  3: optional string grantor,
  4: optional PrincipalType grantorType,
  5: optional bool grantOption,
}

struct PrincipalPrivilegeSet {
  1: optional map<string, list<PrivilegeGrantInfo>> userPrivileges,
  2: optional map<string, list<PrivilegeGrantInfo>> groupPrivileges,
  3: optional map<string, list<PrivilegeGrantInfo>> rolePrivileges,
}

struct ColumnStatisticsDesc {
  1: required bool isTblLevel,
  2: required string dbName,
  3: required string tableName,
  4: optional string partName,
  5: optional i64 lastAnalyzed,
  6: optional string catName,
}

struct BooleanColumnStatsData {
  1: required i64 numTrues,
  2: required i64 numFalses,
  3: required i64 numNulls,
  4: optional binary bitVectors,
}

struct LongColumnStatsData {
  1: optional i64 lowValue,
  2: optional i64 highValue,
  3: required i64 numNulls,
  4: required i64 numDVs,
  5: optional binary bitVectors,
  6: optional binary histogram,
}

struct DoubleColumnStatsData {
  1: optional double lowValue,
  2: optional double highValue,
  3: required i64 numNulls,
  4: required i64 numDVs,
  5: optional binary bitVectors,
  6: optional binary histogram,
}

struct StringColumnStatsData {
  1: required i64 maxColLen,
  2: required double avgColLen,
  3: required i64 numNulls,
  4: required i64 numDVs,
  5: optional binary bitVectors,
}

struct BinaryColumnStatsData {
  1: required i64 maxColLen,
  2: required double avgColLen,
  3: required i64 numNulls,
  4: optional binary bitVectors,
}

struct Decimal {
  1: required binary unscaled,
  3: required i16 scale,
}

struct DecimalColumnStatsData {
  1: optional Decimal lowValue,
  2: optional Decimal highValue,
  3: required i64 numNulls,
  4: required i64 numDVs,
  5: optional binary bitVectors,
  6: optional binary histogram,
}

struct Date {
  1: required i64 daysSinceEpoch,
}

struct DateColumnStatsData {
  1: optional Date lowValue,
  2: optional Date highValue,
  3: required i64 numNulls,
  4: required i64 numDVs,
  5: optional binary bitVectors,
  6: optional binary histogram,
}

struct Timestamp {
  1: required i64 secondsSinceEpoch,
}

struct TimestampColumnStatsData {
  1: optional Timestamp lowValue,
  2: optional Timestamp highValue,
  3: required i64 numNulls,
  4: required i64 numDVs,
  5: optional binary bitVectors,
  6: optional binary histogram,
}

union ColumnStatisticsData {
  1: BooleanColumnStatsData booleanStats,
  2: LongColumnStatsData longStats,
  3: DoubleColumnStatsData doubleStats,
  4: StringColumnStatsData stringStats,
  5: BinaryColumnStatsData binaryStats,
  6: DecimalColumnStatsData decimalStats,
  7: DateColumnStatsData dateStats,
  8: TimestampColumnStatsData timestampStats,
}

struct ColumnStatisticsObj {
  1: required string colName,
  2: required string colType,
  3: required ColumnStatisticsData statsData,
}

struct ColumnStatistics {
  1: required ColumnStatisticsDesc statsDesc,
  2: required list<ColumnStatisticsObj> statsObj,
  3: optional bool isStatsCompliant,
  4: optional string engine = "hive",
}

struct FileMetadata {
  1: optional byte type,
  2: optional byte version,
  3: optional list<binary> data,
}

struct Partition {
  1: optional list<string> values,
  2: optional string dbName,
  3: optional string tableName,
  4: optional i32 createTime,
  5: optional i32 lastAccessTime,
  6: optional StorageDescriptor sd,
  7: optional map<string, string> parameters,
  8: optional PrincipalPrivilegeSet privileges,
  9: optional string catName,
  10: optional i64 writeId,
  11: optional bool isStatsCompliant,
  12: optional ColumnStatistics colStats,
  13: optional FileMetadata fileMetadata,
}

struct EnvironmentContext {
  1: optional map<string, string> properties,
}

struct AddPartitionsRequest {
  1: required string dbName,
  2: required string tblName,
  3: required list<Partition> parts,
  4: required bool ifNotExists,
  5: optional bool needResult,
  6: optional string catName,
  7: optional string validWriteIdList,
  8: optional bool skipColumnSchemaForPartition,
  9: optional list<FieldSchema> partitionColSchema,
  10: optional EnvironmentContext environmentContext,
}

struct AddPartitionsResult {
  1: optional list<Partition> partitions,
  2: optional bool isStatsCompliant,
  3: optional list<FieldSchema> partitionColSchema,
}

struct SQLPrimaryKey {
  1: optional string table_db,
  2: optional string table_name,
  3: optional string column_name,
  4: optional i32 key_seq,
  5: optional string pk_name,
  6: optional bool enable_cstr,
  7: optional bool validate_cstr,
  8: optional bool rely_cstr,
  9: optional string catName,
}

struct AddPrimaryKeyRequest {
  1: required list<SQLPrimaryKey> primaryKeyCols,
}

struct SQLUniqueConstraint {
  1: optional string catName,
  2: optional string table_db,
  3: optional string table_name,
  4: optional string column_name,
  5: optional i32 key_seq,
  6: optional string uk_name,
  7: optional bool enable_cstr,
  8: optional bool validate_cstr,
  9: optional bool rely_cstr,
}

struct AddUniqueConstraintRequest {
  1: required list<SQLUniqueConstraint> uniqueConstraintCols,
}

struct AggrStats {
  1: required list<ColumnStatisticsObj> colStats,
  2: required i64 partsFound,
  3: optional bool isStatsCompliant,
}

struct AllTableConstraintsRequest {
  1: required string dbName,
  2: required string tblName,
  3: required string catName,
  4: optional string validWriteIdList,
  5: optional i64 tableId,
}

struct SQLAllTableConstraints {
  1: optional list<SQLPrimaryKey> primaryKeys,
  2: optional list<SQLForeignKey> foreignKeys,
  3: optional list<SQLUniqueConstraint> uniqueConstraints,
  4: optional list<SQLNotNullConstraint> notNullConstraints,
  5: optional list<SQLDefaultConstraint> defaultConstraints,
  6: optional list<SQLCheckConstraint> checkConstraints,
}

struct AllTableConstraintsResponse {
  1: required SQLAllTableConstraints allTableConstraints,
}

struct TxnToWriteId {
  1: required i64 txnId,
  2: required i64 writeId,
}

struct AllocateTableWriteIdsRequest {
  1: required string dbName,
  2: required string tableName,
  3: optional list<i64> txnIds,
  4: optional string replPolicy,
  5: optional list<TxnToWriteId> srcTxnToWriteIdList,
  6: optional bool reallocate,
}

struct AllocateTableWriteIdsResponse {
  1: required list<TxnToWriteId> txnToWriteIds,
}

exception AlreadyExistsException {
  1: optional string message,
}

struct Catalog {
  1: optional string name,
  2: optional string description,
  3: optional string locationUri,
  4: optional i32 createTime,
  5: optional map<string, string> parameters,
}

enum DatabaseType {
  NATIVE = 1,
  REMOTE = 2,
}

struct Database {
  1: optional string name,
  2: optional string description,
  3: optional string locationUri,
  4: optional map<string, string> parameters,
  5: optional PrincipalPrivilegeSet privileges,
  6: optional string ownerName,
  7: optional PrincipalType ownerType,
  8: optional string catalogName,
  9: optional i32 createTime,
  10: optional string managedLocationUri,
  11: optional DatabaseType type,
  12: optional string connector_name,
  13: optional string remote_dbname,
}

struct AlterDatabaseRequest {
  1: required string oldDbName,
  2: required Database newDb,
}

struct AlterPartitionsRequest {
  1: optional string catName,
  2: required string dbName,
  3: required string tableName,
  4: required list<Partition> partitions,
  5: optional EnvironmentContext environmentContext,
  6: optional i64 writeId,
  7: optional string validWriteIdList,
  8: optional bool skipColumnSchemaForPartition,
  9: optional list<FieldSchema> partitionColSchema,
}

struct AlterPartitionsResponse {
}

struct SourceTable {
  1: required Table table,
  2: required i64 insertedCount,
  3: required i64 updatedCount,
  4: required i64 deletedCount,
}

struct CreationMetadata {
  1: required string catName,
  2: required string dbName,
  3: required string tblName,
  4: required set<string> tablesUsed,
  5: optional string validTxnList,
  6: optional i64 materializationTime,
  7: optional list<SourceTable> sourceTables,
}

struct ObjectDictionary {
  1: required map<string, list<binary>> values,
}

struct Table {
  1: optional string tableName,
  2: optional string dbName,
  3: optional string owner,
  4: optional i32 createTime,
  5: optional i32 lastAccessTime,
  6: optional i32 retention,
  7: optional StorageDescriptor sd,
  8: optional list<FieldSchema> partitionKeys,
  9: optional map<string, string> parameters,
  10: optional string viewOriginalText,
  11: optional string viewExpandedText,
  12: optional string tableType,
  13: optional PrincipalPrivilegeSet privileges,
  14: optional bool temporary,
  15: optional bool rewriteEnabled,
  16: optional CreationMetadata creationMetadata,
  17: optional string catName,
  18: optional PrincipalType ownerType = PrincipalType.USER,
  19: optional i64 writeId,
  20: optional bool isStatsCompliant,
  21: optional ColumnStatistics colStats,
  22: optional byte accessType,
  23: optional list<string> requiredReadCapabilities,
  24: optional list<string> requiredWriteCapabilities,
  25: optional i64 id,
  26: optional FileMetadata fileMetadata,
  27: optional ObjectDictionary dictionary,
  28: optional i64 txnId,
}

struct AlterTableRequest {
  1: optional string catName,
  2: required string dbName,
  3: required string tableName,
  4: required Table table,
  5: optional EnvironmentContext environmentContext,
  6: optional i64 writeId,
  7: optional string validWriteIdList,
  8: optional list<string> processorCapabilities,
  9: optional string processorIdentifier,
  10: optional string expectedParameterKey,
  11: optional string expectedParameterValue,
}

struct AlterTableResponse {
}

struct AppendPartitionsRequest {
  1: optional string catalogName,
  2: required string dbName,
  3: required string tableName,
  4: optional string name,
  5: optional list<string> partVals,
  6: optional EnvironmentContext environmentContext,
}

struct CheckConstraintsRequest {
  1: required string catName,
  2: required string db_name,
  3: required string tbl_name,
  4: optional string validWriteIdList,
  5: optional i64 tableId,
}

struct CheckConstraintsResponse {
  1: required list<SQLCheckConstraint> checkConstraints,
}

struct CheckLockRequest {
  1: required i64 lockid,
  2: optional i64 txnid,
  3: optional i64 elapsed_ms,
}

enum ClientCapability {
  TEST_CAPABILITY = 1,
  INSERT_ONLY_TABLES = 2,
}

struct ClientCapabilities {
  1: required list<ClientCapability> values,
}

struct CommitTxnKeyValue {
  1: required i64 tableId,
  2: required string key,
  3: required string value,
}

struct WriteEventInfo {
  1: required i64 writeId,
  2: required string database,
  3: required string table,
  4: required string files,
  5: optional string partition,
  6: optional string tableObj,
  7: optional string partitionObj,
}

struct ReplLastIdInfo {
  1: required string database,
  2: required i64 lastReplId,
  3: optional string table,
  4: optional string catalog,
  5: optional list<string> partitionList,
}

struct CommitTxnRequest {
  1: required i64 txnid,
  2: optional string replPolicy,
  3: optional list<WriteEventInfo> writeEventInfos,
  4: optional ReplLastIdInfo replLastIdInfo,
  5: optional CommitTxnKeyValue keyValue,
  6: optional bool exclWriteEnabled,
  7: optional TxnType txn_type,
}

enum CompactionType {
  MINOR = 1,
  MAJOR = 2,
  REBALANCE = 3,
  ABORT_TXN_CLEANUP = 4,
  SMART_OPTIMIZE = 5,
}

exception ConfigValSecurityException {
  1: optional string message,
}

struct CreateDatabaseRequest {
  1: required string databaseName,
  2: optional string description,
  3: optional string locationUri,
  4: optional map<string, string> parameters,
  5: optional PrincipalPrivilegeSet privileges,
  6: optional string ownerName,
  7: optional PrincipalType ownerType,
  8: optional string catalogName,
  9: optional i32 createTime,
  10: optional string managedLocationUri,
  11: optional DatabaseType type,
  12: optional string dataConnectorName,
  13: optional string remote_dbname,
}

struct CreateTableRequest {
  1: required Table table,
  2: optional EnvironmentContext envContext,
  3: optional list<SQLPrimaryKey> primaryKeys,
  4: optional list<SQLForeignKey> foreignKeys,
  5: optional list<SQLUniqueConstraint> uniqueConstraints,
  6: optional list<SQLNotNullConstraint> notNullConstraints,
  7: optional list<SQLDefaultConstraint> defaultConstraints,
  8: optional list<SQLCheckConstraint> checkConstraints,
  9: optional list<string> processorCapabilities,
  10: optional string processorIdentifier,
}

struct CurrentNotificationEventId {
  1: required i64 eventId,
}

struct DefaultConstraintsRequest {
  1: required string catName,
  2: required string db_name,
  3: required string tbl_name,
  4: optional string validWriteIdList,
  5: optional i64 tableId,
}

struct DefaultConstraintsResponse {
  1: required list<SQLDefaultConstraint> defaultConstraints,
}

struct DeleteColumnStatisticsRequest {
  1: optional string cat_name,
  2: required string db_name,
  3: required string tbl_name,
  4: optional list<string> part_names,
  5: optional list<string> col_names,
  6: optional string engine = "hive",
  7: optional bool tableLevel,
}

struct DropConstraintRequest {
  1: required string dbname,
  2: required string tablename,
  3: required string constraintname,
  4: optional string catName,
}

struct DropDatabaseRequest {
  1: required string name,
  2: optional string catalogName,
  3: required bool ignoreUnknownDb,
  4: required bool deleteData,
  5: required bool cascade,
  6: optional bool softDelete,
  7: optional i64 txnId,
  8: optional bool deleteManagedDir,
}

struct DropPartitionRequest {
  1: optional string catName,
  2: required string dbName,
  3: required string tblName,
  4: optional string partName,
  5: optional list<string> partVals,
  6: optional bool deleteData,
  7: optional EnvironmentContext environmentContext,
}

struct DropPartitionsExpr {
  1: required binary expr,
  2: optional i32 partArchiveLevel,
}

union RequestPartsSpec {
  1: list<string> names,
  2: list<DropPartitionsExpr> exprs,
}

struct DropPartitionsRequest {
  1: required string dbName,
  2: required string tblName,
  3: required RequestPartsSpec parts,
  4: optional bool deleteData,
  5: optional bool ifExists,
  6: optional bool ignoreProtection,
  7: optional EnvironmentContext environmentContext,
  8: optional bool needResult,
  9: optional string catName,
  10: optional bool skipColumnSchemaForPartition,
}

struct DropPartitionsResult {
  1: optional list<Partition> partitions,
}

struct DropTableRequest {
  1: optional string catalogName,
  2: required string dbName,
  3: required string tableName,
  4: optional bool deleteData,
  5: optional EnvironmentContext envContext,
  6: optional bool dropPartitions,
}

struct ExtendedTableInfo {
  1: required string tblName,
  2: optional i32 accessType,
  3: optional list<string> requiredReadCapabilities,
  4: optional list<string> requiredWriteCapabilities,
}

struct ForeignKeysRequest {
  1: optional string parent_db_name,
  2: optional string parent_tbl_name,
  3: optional string foreign_db_name,
  4: optional string foreign_tbl_name,
  5: optional string catName,
  6: optional string validWriteIdList,
  7: optional i64 tableId,
}

struct ForeignKeysResponse {
  1: required list<SQLForeignKey> foreignKeys,
}

enum FunctionType {
  JAVA = 1,
}

enum ResourceType {
  JAR = 1,
  FILE = 2,
  ARCHIVE = 3,
}

struct ResourceUri {
  1: optional ResourceType resourceType,
  2: optional string uri,
}

struct Function {
  1: optional string functionName,
  2: optional string dbName,
  3: optional string className,
  4: optional string ownerName,
  5: optional PrincipalType ownerType,
  6: optional i32 createTime,
  7: optional FunctionType functionType,
  8: optional list<ResourceUri> resourceUris,
  9: optional string catName,
}

struct GetAllFunctionsResponse {
  1: optional list<Function> functions,
}

struct GetCatalogRequest {
  1: optional string name,
}

struct GetCatalogResponse {
  1: optional Catalog catalog,
}

struct GetCatalogsResponse {
  1: optional list<string> names,
}

struct GetDatabaseObjectsRequest {
  1: optional string catalogName,
  2: optional string pattern,
}

struct GetDatabaseObjectsResponse {
  1: required list<Database> databases,
}

struct GetDatabaseRequest {
  1: optional string name,
  2: optional string catalogName,
  3: optional list<string> processorCapabilities,
  4: optional string processorIdentifier,
}

struct GetFieldsRequest {
  1: optional string catName,
  2: required string dbName,
  3: required string tblName,
  4: optional EnvironmentContext envContext,
  5: optional string validWriteIdList,
  6: optional i64 id,
}

struct GetFieldsResponse {
  1: required list<FieldSchema> fields,
}

struct GetFunctionsRequest {
  1: required string dbName,
  2: optional string catalogName,
  3: optional string pattern,
  4: optional bool returnNames,
}

struct GetFunctionsResponse {
  1: optional list<string> function_names,
  2: optional list<Function> functions,
}

enum TxnState {
  COMMITTED = 1,
  ABORTED = 2,
  OPEN = 3,
}

struct TxnInfo {
  1: required i64 id,
  2: required TxnState state,
  3: required string user,
  4: required string hostname,
  5: optional string agentInfo = "Unknown",
  6: optional i32 heartbeatCount,
  7: optional string metaInfo,
  8: optional i64 startedTime,
  9: optional i64 lastHeartbeatTime,
}

struct GetOpenTxnsInfoResponse {
  1: required i64 txn_high_water_mark,
  2: required list<TxnInfo> open_txns,
}

struct GetOpenTxnsRequest {
  1: optional list<TxnType> excludeTxnTypes,
}

struct GetOpenTxnsResponse {
  1: required i64 txn_high_water_mark,
  2: required list<i64> open_txns,
  3: optional i64 min_open_txn,
  4: optional binary abortedBits,
}

struct GetPartitionNamesPsRequest {
  1: optional string catName,
  2: required string dbName,
  3: required string tblName,
  4: optional list<string> partValues,
  5: optional i16 maxParts,
  6: optional string validWriteIdList,
  7: optional i64 id,
}

struct GetPartitionNamesPsResponse {
  1: required list<string> names,
}

struct GetPartitionRequest {
  1: optional string catName,
  2: required string dbName,
  3: required string tblName,
  4: required list<string> partVals,
  5: optional string validWriteIdList,
  6: optional i64 id,
}

struct GetPartitionResponse {
  1: required Partition partition,
}

struct GetPartitionsByFilterRequest {
  1: optional string catName,
  2: optional string dbName,
  3: optional string tblName,
  4: optional string filter,
  5: optional i16 maxParts,
  6: optional bool skipColumnSchemaForPartition,
  7: optional string includeParamKeyPattern,
  8: optional string excludeParamKeyPattern,
}

struct GetPartitionsByNamesRequest {
  1: required string db_name,
  2: required string tbl_name,
  3: optional list<string> names,
  4: optional bool get_col_stats,
  5: optional list<string> processorCapabilities,
  6: optional string processorIdentifier,
  7: optional string engine = "hive",
  8: optional string validWriteIdList,
  9: optional bool getFileMetadata,
  10: optional i64 id,
  11: optional bool skipColumnSchemaForPartition,
  12: optional string includeParamKeyPattern,
  13: optional string excludeParamKeyPattern,
}

struct GetPartitionsByNamesResult {
  1: required list<Partition> partitions,
  2: optional ObjectDictionary dictionary,
}

enum PartitionFilterMode {
  BY_NAMES = 0,
  BY_VALUES = 1,
  BY_EXPR = 2,
}

struct GetPartitionsFilterSpec {
  7: optional PartitionFilterMode filterMode,
  8: optional list<string> filters,
}

struct GetPartitionsPsWithAuthRequest {
  1: optional string catName,
  2: required string dbName,
  3: required string tblName,
  4: optional list<string> partVals,
  5: optional i16 maxParts,
  6: optional string userName,
  7: optional list<string> groupNames,
  8: optional string validWriteIdList,
  9: optional i64 id,
  10: optional bool skipColumnSchemaForPartition,
  11: optional string includeParamKeyPattern,
  12: optional string excludeParamKeyPattern,
  13: optional list<string> partNames,
}

struct GetPartitionsPsWithAuthResponse {
  1: required list<Partition> partitions,
}

struct GetProjectionsSpec {
  1: optional list<string> fieldList,
  2: optional string includeParamKeyPattern,
  3: optional string excludeParamKeyPattern,
}

struct GetPartitionsRequest {
  1: optional string catName,
  2: optional string dbName,
  3: optional string tblName,
  4: optional bool withAuth,
  5: optional string user,
  6: optional list<string> groupNames,
  7: optional GetProjectionsSpec projectionSpec,
  8: optional GetPartitionsFilterSpec filterSpec,
  9: optional list<string> processorCapabilities,
  10: optional string processorIdentifier,
  11: optional string validWriteIdList,
}

struct PartitionWithoutSD {
  1: optional list<string> values,
  2: optional i32 createTime,
  3: optional i32 lastAccessTime,
  4: optional string relativePath,
  5: optional map<string, string> parameters,
  6: optional PrincipalPrivilegeSet privileges,
}

struct PartitionSpecWithSharedSD {
  1: optional list<PartitionWithoutSD> partitions,
  2: optional StorageDescriptor sd,
}

struct PartitionListComposingSpec {
  1: optional list<Partition> partitions,
}

struct PartitionSpec {
  1: optional string dbName,
  2: optional string tableName,
  3: optional string rootPath,
  4: optional PartitionSpecWithSharedSD sharedSDPartitionSpec,
  5: optional PartitionListComposingSpec partitionList,
  6: optional string catName,
  7: optional i64 writeId,
  8: optional bool isStatsCompliant,
}

struct GetPartitionsResponse {
  1: optional list<PartitionSpec> partitionSpec,
}

struct RolePrincipalGrant {
  1: optional string roleName,
  2: optional string principalName,
  3: optional PrincipalType principalType,
  4: optional bool grantOption,
  5: optional i32 grantTime,
  6: optional string grantorName,
  7: optional PrincipalType grantorPrincipalType,
}

struct GetRoleGrantsForPrincipalRequest {
  1: required string principal_name,
  2: required PrincipalType principal_type,
}

struct GetRoleGrantsForPrincipalResponse {
  1: required list<RolePrincipalGrant> principalGrants,
}

struct GetSchemaRequest {
  1: optional string catName,
  2: required string dbName,
  3: required string tblName,
  4: optional EnvironmentContext envContext,
  5: optional string validWriteIdList,
  6: optional i64 id,
}

struct GetSchemaResponse {
  1: required list<FieldSchema> fields,
}

struct GetTableRequest {
  1: required string dbName,
  2: required string tblName,
  3: optional ClientCapabilities capabilities,
  4: optional string catName,
  6: optional string validWriteIdList,
  7: optional bool getColumnStats,
  8: optional list<string> processorCapabilities,
  9: optional string processorIdentifier,
  10: optional string engine = "hive",
  11: optional i64 id,
}

struct GetTableResult {
  1: required Table table,
  2: optional bool isStatsCompliant,
}

struct GetTablesExtRequest {
  1: required string catalog,
  2: required string database,
  3: required string tableNamePattern,
  4: required i32 requestedFields,
  5: optional i32 limit,
  6: optional list<string> processorCapabilities,
  7: optional string processorIdentifier,
}

struct GetTablesRequest {
  1: required string dbName,
  2: optional list<string> tblNames,
  3: optional ClientCapabilities capabilities,
  4: optional string catName,
  5: optional list<string> processorCapabilities,
  6: optional string processorIdentifier,
  7: optional GetProjectionsSpec projectionSpec,
  8: optional string tablesPattern,
}

struct GetTablesResult {
  1: required list<Table> tables,
}

struct GetValidWriteIdsRequest {
  1: required list<string> fullTableNames,
  2: optional string validTxnList,
  3: optional i64 writeId,
}

struct TableValidWriteIds {
  1: required string fullTableName,
  2: required i64 writeIdHighWaterMark,
  3: required list<i64> invalidWriteIds,
  4: optional i64 minOpenWriteId,
  5: required binary abortedBits,
}

struct GetValidWriteIdsResponse {
  1: required list<TableValidWriteIds> tblValidWriteIds,
}

enum HiveObjectType {
  GLOBAL = 1,
  DATABASE = 2,
  TABLE = 3,
  PARTITION = 4,
  COLUMN = 5,
  DATACONNECTOR = 6,
}

struct HiveObjectRef {
  1: optional HiveObjectType objectType,
  2: optional string dbName,
  3: optional string objectName,
  4: optional list<string> partValues,
  5: optional string columnName,
  6: optional string catName,
}

struct HiveObjectPrivilege {
  1: optional HiveObjectRef hiveObject,
  2: optional string principalName,
  3: optional PrincipalType principalType,
  4: optional PrivilegeGrantInfo grantInfo,
  5: optional string authorizer,
}

struct HeartbeatRequest {
  1: optional i64 lockid,
  2: optional i64 txnid,
}

struct HeartbeatTxnRangeRequest {
  1: required i64 min,
  2: required i64 max,
}

struct HeartbeatTxnRangeResponse {
  1: required set<i64> aborted,
  2: required set<i64> nosuch,
}

exception InvalidInputException {
  1: optional string message,
}

exception InvalidObjectException {
  1: optional string message,
}

exception InvalidOperationException {
  1: optional string message,
}

enum LockType {
  SHARED_READ = 1,
  SHARED_WRITE = 2,
  EXCLUSIVE = 3,
  EXCL_WRITE = 4,
}

enum LockLevel {
  DB = 1,
  TABLE = 2,
  PARTITION = 3,
}

struct LockComponent {
  1: required LockType type,
  2: required LockLevel level,
  3: required string dbname,
  4: optional string tablename,
  5: optional string partitionname,
  6: optional DataOperationType operationType = DataOperationType.UNSET,
  7: optional bool isTransactional,
  8: optional bool isDynamicPartitionWrite,
}

struct LockRequest {
  1: required list<LockComponent> component,
  2: optional i64 txnid,
  3: required string user,
  4: required string hostname,
  5: optional string agentInfo = "Unknown",
  6: optional bool zeroWaitReadEnabled,
  7: optional bool exclusiveCTAS,
  8: optional bool locklessReadsEnabled,
}

enum LockState {
  ACQUIRED = 1,
  WAITING = 2,
  ABORT = 3,
  NOT_ACQUIRED = 4,
}

struct LockResponse {
  1: required i64 lockid,
  2: required LockState state,
  3: optional string errorMessage,
}

exception MetaException {
  1: optional string message,
}

exception NoSuchLockException {
  1: optional string message,
}

exception NoSuchObjectException {
  1: optional string message,
}

exception NoSuchTxnException {
  1: optional string message,
}

struct NotNullConstraintsRequest {
  1: required string catName,
  2: required string db_name,
  3: required string tbl_name,
  4: optional string validWriteIdList,
  5: optional i64 tableId,
}

struct NotNullConstraintsResponse {
  1: required list<SQLNotNullConstraint> notNullConstraints,
}

struct NotificationEvent {
  1: required i64 eventId,
  2: required i32 eventTime,
  3: required string eventType,
  4: optional string dbName,
  5: optional string tableName,
  6: required string message,
  7: optional string messageFormat,
  8: optional string catName,
}

struct NotificationEventRequest {
  1: required i64 lastEvent,
  2: optional i32 maxEvents,
  3: optional list<string> eventTypeSkipList,
  4: optional string catName,
  5: optional string dbName,
  6: optional list<string> tableNames,
  7: optional list<string> eventTypeList,
}

struct NotificationEventResponse {
  1: required list<NotificationEvent> events,
}

struct NotificationEventsCountRequest {
  1: required i64 fromEventId,
  2: required string dbName,
  3: optional string catName,
  4: optional i64 toEventId,
  5: optional i64 limit,
  6: optional list<string> tableNames,
}

struct NotificationEventsCountResponse {
  1: required i64 eventsCount,
}

struct OpenTxnRequest {
  1: required i32 num_txns,
  2: required string user,
  3: required string hostname,
  4: optional string agentInfo = "Unknown",
  5: optional string replPolicy,
  6: optional list<i64> replSrcTxnIds,
  7: optional TxnType txn_type = TxnType.DEFAULT,
}

struct OpenTxnsResponse {
  1: required list<i64> txn_ids,
}

struct PartitionValuesRequest {
  1: required string dbName,
  2: required string tblName,
  3: required list<FieldSchema> partitionKeys,
  4: optional bool applyDistinct,
  5: optional string filter,
  6: optional list<FieldSchema> partitionOrder,
  7: optional bool ascending,
  8: optional i64 maxParts,
  9: optional string catName,
  10: optional string validWriteIdList,
}

struct PartitionValuesRow {
  1: required list<string> row,
}

struct PartitionValuesResponse {
  1: required list<PartitionValuesRow> partitionValues,
}

struct PartitionsByExprRequest {
  1: required string dbName,
  2: required string tblName,
  3: required binary expr,
  4: optional string defaultPartitionName,
  5: optional i16 maxParts,
  6: optional string catName,
  7: optional string order,
  8: optional string validWriteIdList,
  9: optional i64 id,
  10: optional bool skipColumnSchemaForPartition,
  11: optional string includeParamKeyPattern,
  12: optional string excludeParamKeyPattern,
}

struct PartitionsByExprResult {
  1: required list<Partition> partitions,
  2: required bool hasUnknownPartitions,
}

struct PartitionsRequest {
  1: optional string catName,
  2: required string dbName,
  3: required string tblName,
  4: optional i16 maxParts,
  5: optional string validWriteIdList,
  6: optional i64 id,
  7: optional bool skipColumnSchemaForPartition,
  8: optional string includeParamKeyPattern,
  9: optional string excludeParamKeyPattern,
}

struct PartitionsResponse {
  1: required list<Partition> partitions,
}

struct PartitionsSpecByExprResult {
  1: required list<PartitionSpec> partitionsSpec,
  2: required bool hasUnknownPartitions,
}

struct PartitionsStatsRequest {
  1: required string dbName,
  2: required string tblName,
  3: required list<string> colNames,
  4: required list<string> partNames,
  5: optional string catName,
  6: optional string validWriteIdList,
  7: optional string engine = "hive",
}

struct PartitionsStatsResult {
  1: required map<string, list<ColumnStatisticsObj>> partStats,
  2: optional bool isStatsCompliant,
}

struct PrimaryKeysRequest {
  1: required string db_name,
  2: required string tbl_name,
  3: optional string catName,
  4: optional string validWriteIdList,
  5: optional i64 tableId,
}

struct PrimaryKeysResponse {
  1: required list<SQLPrimaryKey> primaryKeys,
}

struct RenamePartitionRequest {
  1: optional string catName,
  2: required string dbName,
  3: required string tableName,
  4: required list<string> partVals,
  5: required Partition newPart,
  6: optional string validWriteIdList,
  7: optional i64 txnId,
  8: optional bool clonePart,
}

struct RenamePartitionResponse {
}

struct Role {
  1: optional string roleName,
  2: optional i32 createTime,
  3: optional string ownerName,
}

struct SetPartitionsStatsRequest {
  1: required list<ColumnStatistics> colStats,
  2: optional bool needMerge,
  3: optional i64 writeId,
  4: optional string validWriteIdList,
  5: optional string engine = "hive",
}

struct SetPartitionsStatsResponse {
  1: required bool result,
}

struct ShowCompactRequest {
  1: optional i64 id,
  2: optional string poolName,
  3: optional string dbName,
  4: optional string tbName,
  5: optional string partName,
  6: optional CompactionType type,
  7: optional string state,
  8: optional i64 limit,
  9: optional string order,
}

struct ShowCompactResponseElement {
  1: required string dbname,
  2: required string tablename,
  3: optional string partitionname,
  4: required CompactionType type,
  5: required string state,
  6: optional string workerid,
  7: optional i64 start,
  8: optional string runAs,
  9: optional i64 hightestTxnId,
  10: optional string metaInfo,
  11: optional i64 endTime,
  12: optional string hadoopJobId = "None",
  13: optional i64 id,
  14: optional string errorMessage,
  15: optional i64 enqueueTime,
  16: optional string workerVersion,
  17: optional string initiatorId,
  18: optional string initiatorVersion,
  19: optional i64 cleanerStart,
  20: optional string poolName,
  21: optional i64 nextTxnId,
  22: optional i64 txnId,
  23: optional i64 commitTime,
  24: optional i64 hightestWriteId,
}

struct ShowCompactResponse {
  1: required list<ShowCompactResponseElement> compacts,
}

struct ShowLocksRequest {
  1: optional string dbname,
  2: optional string tablename,
  3: optional string partname,
  4: optional bool isExtended,
  5: optional i64 txnid,
}

struct ShowLocksResponseElement {
  1: required i64 lockid,
  2: required string dbname,
  3: optional string tablename,
  4: optional string partname,
  5: required LockState state,
  6: required LockType type,
  7: optional i64 txnid,
  8: required i64 lastheartbeat,
  9: optional i64 acquiredat,
  10: required string user,
  11: required string hostname,
  12: optional i32 heartbeatCount,
  13: optional string agentInfo,
  14: optional i64 blockedByExtId,
  15: optional i64 blockedByIntId,
  16: optional i64 lockIdInternal,
}

struct ShowLocksResponse {
  1: optional list<ShowLocksResponseElement> locks,
}

struct TableMeta {
  1: required string dbName,
  2: required string tableName,
  3: required string tableType,
  4: optional string comments,
  5: optional string catName,
  6: optional string ownerName,
  7: optional PrincipalType ownerType,
}

struct TableStatsRequest {
  1: required string dbName,
  2: required string tblName,
  3: required list<string> colNames,
  4: optional string catName,
  5: optional string validWriteIdList,
  6: optional string engine = "hive",
  7: optional i64 id,
}

struct TableStatsResult {
  1: required list<ColumnStatisticsObj> tableStats,
  2: optional bool isStatsCompliant,
}

struct TruncateTableRequest {
  1: required string dbName,
  2: required string tableName,
  3: optional list<string> partNames,
  4: optional i64 writeId,
  5: optional string validWriteIdList,
  6: optional EnvironmentContext environmentContext,
}

struct TruncateTableResponse {
}

exception TxnAbortedException {
  1: optional string message,
}

exception TxnOpenException {
  1: optional string message,
}

struct UniqueConstraintsRequest {
  1: required string catName,
  2: required string db_name,
  3: required string tbl_name,
  4: optional string validWriteIdList,
  5: optional i64 tableId,
}

struct UniqueConstraintsResponse {
  1: required list<SQLUniqueConstraint> uniqueConstraints,
}

exception UnknownDBException {
  1: optional string message,
}

exception UnknownTableException {
  1: optional string message,
}

struct UnlockRequest {
  1: required i64 lockid,
}

struct UpdateTransactionalStatsRequest {
  1: required i64 tableId,
  2: required i64 insertCount,
  3: required i64 updatedCount,
  4: required i64 deletedCount,
}

struct abort_txn_call {
  1: optional AbortTxnRequest rqst,
}

struct abort_txn_answer {
  1: optional NoSuchTxnException o1,
}

struct abort_txns_call {
  1: optional AbortTxnsRequest rqst,
}

struct abort_txns_answer {
  1: optional NoSuchTxnException o1,
}

struct add_check_constraint_call {
  1: optional AddCheckConstraintRequest req,
}

struct add_check_constraint_answer {
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct add_default_constraint_call {
  1: optional AddDefaultConstraintRequest req,
}

struct add_default_constraint_answer {
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct add_dynamic_partitions_call {
  1: optional AddDynamicPartitions rqst,
}

struct add_dynamic_partitions_answer {
  1: optional NoSuchTxnException o1,
  2: optional TxnAbortedException o2,
}

struct add_foreign_key_call {
  1: optional AddForeignKeyRequest req,
}

struct add_foreign_key_answer {
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct add_not_null_constraint_call {
  1: optional AddNotNullConstraintRequest req,
}

struct add_not_null_constraint_answer {
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct add_partition_call {
  1: optional Partition new_part,
}

struct add_partition_answer {
  0: optional Partition success,
  1: optional InvalidObjectException o1,
  2: optional AlreadyExistsException o2,
  3: optional MetaException o3,
}

struct add_partition_with_environment_context_call {
  1: optional Partition new_part,
  2: optional EnvironmentContext environment_context,
}

struct add_partition_with_environment_context_answer {
  0: optional Partition success,
  1: optional InvalidObjectException o1,
  2: optional AlreadyExistsException o2,
  3: optional MetaException o3,
}

struct add_partitions_call {
  1: optional list<Partition> new_parts,
}

struct add_partitions_answer {
  0: optional i32 success,
  1: optional InvalidObjectException o1,
  2: optional AlreadyExistsException o2,
  3: optional MetaException o3,
}

struct add_partitions_pspec_call {
  1: optional list<PartitionSpec> new_parts,
}

struct add_partitions_pspec_answer {
  0: optional i32 success,
  1: optional InvalidObjectException o1,
  2: optional AlreadyExistsException o2,
  3: optional MetaException o3,
}

struct add_partitions_req_call {
  1: optional AddPartitionsRequest request,
}

struct add_partitions_req_answer {
  0: optional AddPartitionsResult success,
  1: optional InvalidObjectException o1,
  2: optional AlreadyExistsException o2,
  3: optional MetaException o3,
}

struct add_primary_key_call {
  1: optional AddPrimaryKeyRequest req,
}

struct add_primary_key_answer {
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct add_unique_constraint_call {
  1: optional AddUniqueConstraintRequest req,
}

struct add_unique_constraint_answer {
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct add_write_ids_to_min_history_call {
  1: optional i64 txnId,
  2: optional map<string, i64> writeIds,
}

struct add_write_ids_to_min_history_answer {
  1: optional MetaException o2,
}

struct aliveSince_call {
}

struct aliveSince_answer {
  0: optional i64 success,
}

struct allocate_table_write_ids_call {
  1: optional AllocateTableWriteIdsRequest rqst,
}

struct allocate_table_write_ids_answer {
  0: optional AllocateTableWriteIdsResponse success,
  1: optional NoSuchTxnException o1,
  2: optional TxnAbortedException o2,
  3: optional MetaException o3,
}

struct alter_database_call {
  1: optional string dbname,
  2: optional Database db,
}

struct alter_database_answer {
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct alter_database_req_call {
  1: optional AlterDatabaseRequest alterDbReq,
}

struct alter_database_req_answer {
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct alter_function_call {
  1: optional string dbName,
  2: optional string funcName,
  3: optional Function newFunc,
}

struct alter_function_answer {
  1: optional InvalidOperationException o1,
  2: optional MetaException o2,
}

struct alter_partition_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional Partition new_part,
}

struct alter_partition_answer {
  1: optional InvalidOperationException o1,
  2: optional MetaException o2,
}

struct alter_partition_with_environment_context_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional Partition new_part,
  4: optional EnvironmentContext environment_context,
}

struct alter_partition_with_environment_context_answer {
  1: optional InvalidOperationException o1,
  2: optional MetaException o2,
}

struct alter_partitions_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional list<Partition> new_parts,
}

struct alter_partitions_answer {
  1: optional InvalidOperationException o1,
  2: optional MetaException o2,
}

struct alter_partitions_req_call {
  1: optional AlterPartitionsRequest req,
}

struct alter_partitions_req_answer {
  0: optional AlterPartitionsResponse success,
  1: optional InvalidOperationException o1,
  2: optional MetaException o2,
}

struct alter_partitions_with_environment_context_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional list<Partition> new_parts,
  4: optional EnvironmentContext environment_context,
}

struct alter_partitions_with_environment_context_answer {
  1: optional InvalidOperationException o1,
  2: optional MetaException o2,
}

struct alter_table_call {
  1: optional string dbname,
  2: optional string tbl_name,
  3: optional Table new_tbl,
}

struct alter_table_answer {
  1: optional InvalidOperationException o1,
  2: optional MetaException o2,
}

struct alter_table_req_call {
  1: optional AlterTableRequest req,
}

struct alter_table_req_answer {
  0: optional AlterTableResponse success,
  1: optional InvalidOperationException o1,
  2: optional MetaException o2,
}

struct alter_table_with_cascade_call {
  1: optional string dbname,
  2: optional string tbl_name,
  3: optional Table new_tbl,
  4: optional bool cascade,
}

struct alter_table_with_cascade_answer {
  1: optional InvalidOperationException o1,
  2: optional MetaException o2,
}

struct alter_table_with_environment_context_call {
  1: optional string dbname,
  2: optional string tbl_name,
  3: optional Table new_tbl,
  4: optional EnvironmentContext environment_context,
}

struct alter_table_with_environment_context_answer {
  1: optional InvalidOperationException o1,
  2: optional MetaException o2,
}

struct append_partition_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional list<string> part_vals,
}

struct append_partition_answer {
  0: optional Partition success,
  1: optional InvalidObjectException o1,
  2: optional AlreadyExistsException o2,
  3: optional MetaException o3,
}

struct append_partition_by_name_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional string part_name,
}

struct append_partition_by_name_answer {
  0: optional Partition success,
  1: optional InvalidObjectException o1,
  2: optional AlreadyExistsException o2,
  3: optional MetaException o3,
}

struct append_partition_by_name_with_environment_context_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional string part_name,
  4: optional EnvironmentContext environment_context,
}

struct append_partition_by_name_with_environment_context_answer {
  0: optional Partition success,
  1: optional InvalidObjectException o1,
  2: optional AlreadyExistsException o2,
  3: optional MetaException o3,
}

struct append_partition_req_call {
  1: optional AppendPartitionsRequest appendPartitionsReq,
}

struct append_partition_req_answer {
  0: optional Partition success,
  1: optional InvalidObjectException o1,
  2: optional AlreadyExistsException o2,
  3: optional MetaException o3,
}

struct append_partition_with_environment_context_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional list<string> part_vals,
  4: optional EnvironmentContext environment_context,
}

struct append_partition_with_environment_context_answer {
  0: optional Partition success,
  1: optional InvalidObjectException o1,
  2: optional AlreadyExistsException o2,
  3: optional MetaException o3,
}

struct check_lock_call {
  1: optional CheckLockRequest rqst,
}

struct check_lock_answer {
  0: optional LockResponse success,
  1: optional NoSuchTxnException o1,
  2: optional TxnAbortedException o2,
  3: optional NoSuchLockException o3,
}

struct commit_txn_call {
  1: optional CommitTxnRequest rqst,
}

struct commit_txn_answer {
  1: optional NoSuchTxnException o1,
  2: optional TxnAbortedException o2,
}

struct create_database_call {
  1: optional Database database,
}

struct create_database_answer {
  1: optional AlreadyExistsException o1,
  2: optional InvalidObjectException o2,
  3: optional MetaException o3,
}

struct create_database_req_call {
  1: optional CreateDatabaseRequest createDatabaseRequest,
}

struct create_database_req_answer {
  1: optional AlreadyExistsException o1,
  2: optional InvalidObjectException o2,
  3: optional MetaException o3,
}

struct create_function_call {
  1: optional Function func,
}

struct create_function_answer {
  1: optional AlreadyExistsException o1,
  2: optional InvalidObjectException o2,
  3: optional MetaException o3,
  4: optional NoSuchObjectException o4,
}

struct create_table_call {
  1: optional Table tbl,
}

struct create_table_answer {
  1: optional AlreadyExistsException o1,
  2: optional InvalidObjectException o2,
  3: optional MetaException o3,
  4: optional NoSuchObjectException o4,
}

struct create_table_req_call {
  1: optional CreateTableRequest request,
}

struct create_table_req_answer {
  1: optional AlreadyExistsException o1,
  2: optional InvalidObjectException o2,
  3: optional MetaException o3,
  4: optional NoSuchObjectException o4,
}

struct create_table_with_constraints_call {
  1: optional Table tbl,
  2: optional list<SQLPrimaryKey> primaryKeys,
  3: optional list<SQLForeignKey> foreignKeys,
  4: optional list<SQLUniqueConstraint> uniqueConstraints,
  5: optional list<SQLNotNullConstraint> notNullConstraints,
  6: optional list<SQLDefaultConstraint> defaultConstraints,
  7: optional list<SQLCheckConstraint> checkConstraints,
}

struct create_table_with_constraints_answer {
  1: optional AlreadyExistsException o1,
  2: optional InvalidObjectException o2,
  3: optional MetaException o3,
  4: optional NoSuchObjectException o4,
}

struct create_table_with_environment_context_call {
  1: optional Table tbl,
  2: optional EnvironmentContext environment_context,
}

struct create_table_with_environment_context_answer {
  1: optional AlreadyExistsException o1,
  2: optional InvalidObjectException o2,
  3: optional MetaException o3,
  4: optional NoSuchObjectException o4,
}

struct delete_column_statistics_req_call {
  1: optional DeleteColumnStatisticsRequest req,
}

struct delete_column_statistics_req_answer {
  0: optional bool success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
  3: optional InvalidObjectException o3,
  4: optional InvalidInputException o4,
}

struct delete_partition_column_statistics_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional string part_name,
  4: optional string col_name,
  5: optional string engine,
}

struct delete_partition_column_statistics_answer {
  0: optional bool success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
  3: optional InvalidObjectException o3,
  4: optional InvalidInputException o4,
}

struct delete_table_column_statistics_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional string col_name,
  4: optional string engine,
}

struct delete_table_column_statistics_answer {
  0: optional bool success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
  3: optional InvalidObjectException o3,
  4: optional InvalidInputException o4,
}

struct drop_constraint_call {
  1: optional DropConstraintRequest req,
}

struct drop_constraint_answer {
  1: optional NoSuchObjectException o1,
  2: optional MetaException o3,
}

struct drop_database_call {
  1: optional string name,
  2: optional bool deleteData,
  3: optional bool cascade,
}

struct drop_database_answer {
  1: optional NoSuchObjectException o1,
  2: optional InvalidOperationException o2,
  3: optional MetaException o3,
}

struct drop_database_req_call {
  1: optional DropDatabaseRequest req,
}

struct drop_database_req_answer {
  1: optional NoSuchObjectException o1,
  2: optional InvalidOperationException o2,
  3: optional MetaException o3,
}

struct drop_function_call {
  1: optional string dbName,
  2: optional string funcName,
}

struct drop_function_answer {
  1: optional NoSuchObjectException o1,
  2: optional MetaException o3,
}

struct drop_partition_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional list<string> part_vals,
  4: optional bool deleteData,
}

struct drop_partition_answer {
  0: optional bool success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct drop_partition_by_name_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional string part_name,
  4: optional bool deleteData,
}

struct drop_partition_by_name_answer {
  0: optional bool success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct drop_partition_by_name_with_environment_context_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional string part_name,
  4: optional bool deleteData,
  5: optional EnvironmentContext environment_context,
}

struct drop_partition_by_name_with_environment_context_answer {
  0: optional bool success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct drop_partition_req_call {
  1: optional DropPartitionRequest dropPartitionReq,
}

struct drop_partition_req_answer {
  0: optional bool success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct drop_partition_with_environment_context_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional list<string> part_vals,
  4: optional bool deleteData,
  5: optional EnvironmentContext environment_context,
}

struct drop_partition_with_environment_context_answer {
  0: optional bool success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct drop_partitions_req_call {
  1: optional DropPartitionsRequest req,
}

struct drop_partitions_req_answer {
  0: optional DropPartitionsResult success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct drop_table_call {
  1: optional string dbname,
  2: optional string name,
  3: optional bool deleteData,
}

struct drop_table_answer {
  1: optional NoSuchObjectException o1,
  2: optional MetaException o3,
}

struct drop_table_req_call {
  1: optional DropTableRequest dropTableReq,
}

struct drop_table_req_answer {
  1: optional NoSuchObjectException o1,
  2: optional MetaException o3,
}

struct drop_table_with_environment_context_call {
  1: optional string dbname,
  2: optional string name,
  3: optional bool deleteData,
  4: optional EnvironmentContext environment_context,
}

struct drop_table_with_environment_context_answer {
  1: optional NoSuchObjectException o1,
  2: optional MetaException o3,
}

struct fetch_partition_names_req_call {
  1: optional PartitionsRequest partitionReq,
}

struct fetch_partition_names_req_answer {
  0: optional list<string> success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct flushCache_call {
}

struct flushCache_answer {
}

struct getMetaConf_call {
  1: optional string key,
}

struct getMetaConf_answer {
  0: optional string success,
  1: optional MetaException o1,
}

struct getName_call {
}

struct getName_answer {
  0: optional string success,
}

struct getStatus_call {
}

struct getStatus_answer {
  0: optional i32 success,
}

struct getVersion_call {
}

struct getVersion_answer {
  0: optional string success,
}

struct get_aggr_stats_for_call {
  1: optional PartitionsStatsRequest request,
}

struct get_aggr_stats_for_answer {
  0: optional AggrStats success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct get_all_databases_call {
}

struct get_all_databases_answer {
  0: optional list<string> success,
  1: optional MetaException o1,
}

struct get_all_functions_call {
}

struct get_all_functions_answer {
  0: optional GetAllFunctionsResponse success,
  1: optional MetaException o1,
}

struct get_all_materialized_view_objects_for_rewriting_call {
}

struct get_all_materialized_view_objects_for_rewriting_answer {
  0: optional list<Table> success,
  1: optional MetaException o1,
}

struct get_all_table_constraints_call {
  1: optional AllTableConstraintsRequest request,
}

struct get_all_table_constraints_answer {
  0: optional AllTableConstraintsResponse success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_all_tables_call {
  1: optional string db_name,
}

struct get_all_tables_answer {
  0: optional list<string> success,
  1: optional MetaException o1,
}

struct get_catalog_call {
  1: optional GetCatalogRequest catName,
}

struct get_catalog_answer {
  0: optional GetCatalogResponse success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct get_catalogs_call {
}

struct get_catalogs_answer {
  0: optional GetCatalogsResponse success,
  1: optional MetaException o1,
}

struct get_check_constraints_call {
  1: optional CheckConstraintsRequest request,
}

struct get_check_constraints_answer {
  0: optional CheckConstraintsResponse success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_config_value_call {
  1: optional string name,
  2: optional string defaultValue,
}

struct get_config_value_answer {
  0: optional string success,
  1: optional ConfigValSecurityException o1,
}

struct get_current_notificationEventId_call {
}

struct get_current_notificationEventId_answer {
  0: optional CurrentNotificationEventId success,
}

struct get_database_call {
  1: optional string name,
}

struct get_database_answer {
  0: optional Database success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct get_database_req_call {
  1: optional GetDatabaseRequest request,
}

struct get_database_req_answer {
  0: optional Database success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct get_databases_call {
  1: optional string pattern,
}

struct get_databases_answer {
  0: optional list<string> success,
  1: optional MetaException o1,
}

struct get_databases_req_call {
  1: optional GetDatabaseObjectsRequest request,
}

struct get_databases_req_answer {
  0: optional GetDatabaseObjectsResponse success,
  1: optional MetaException o1,
}

struct get_default_constraints_call {
  1: optional DefaultConstraintsRequest request,
}

struct get_default_constraints_answer {
  0: optional DefaultConstraintsResponse success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_fields_call {
  1: optional string db_name,
  2: optional string table_name,
}

struct get_fields_answer {
  0: optional list<FieldSchema> success,
  1: optional MetaException o1,
  2: optional UnknownTableException o2,
  3: optional UnknownDBException o3,
}

struct get_fields_req_call {
  1: optional GetFieldsRequest req,
}

struct get_fields_req_answer {
  0: optional GetFieldsResponse success,
  1: optional MetaException o1,
  2: optional UnknownTableException o2,
  3: optional UnknownDBException o3,
}

struct get_fields_with_environment_context_call {
  1: optional string db_name,
  2: optional string table_name,
  3: optional EnvironmentContext environment_context,
}

struct get_fields_with_environment_context_answer {
  0: optional list<FieldSchema> success,
  1: optional MetaException o1,
  2: optional UnknownTableException o2,
  3: optional UnknownDBException o3,
}

struct get_foreign_keys_call {
  1: optional ForeignKeysRequest request,
}

struct get_foreign_keys_answer {
  0: optional ForeignKeysResponse success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_function_call {
  1: optional string dbName,
  2: optional string funcName,
}

struct get_function_answer {
  0: optional Function success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_functions_call {
  1: optional string dbName,
  2: optional string pattern,
}

struct get_functions_answer {
  0: optional list<string> success,
  1: optional MetaException o1,
}

struct get_functions_req_call {
  1: optional GetFunctionsRequest request,
}

struct get_functions_req_answer {
  0: optional GetFunctionsResponse success,
  1: optional MetaException o1,
}

struct get_index_names_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional i16 max_indexes,
}

struct get_index_names_answer {
  0: optional list<string> success,
  1: optional MetaException o2,
}

struct get_indexes_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional i16 max_indexes,
}

struct get_indexes_answer {
  0: optional list<Index> success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct get_latest_txnid_in_conflict_call {
  1: optional i64 txnId,
}

struct get_latest_txnid_in_conflict_answer {
  0: optional i64 success,
  1: optional MetaException o1,
}

struct get_materialized_views_for_rewriting_call {
  1: optional string db_name,
}

struct get_materialized_views_for_rewriting_answer {
  0: optional list<string> success,
  1: optional MetaException o1,
}

struct get_metastore_db_uuid_call {
}

struct get_metastore_db_uuid_answer {
  0: optional string success,
  1: optional MetaException o1,
}

struct get_next_notification_call {
  1: optional NotificationEventRequest rqst,
}

struct get_next_notification_answer {
  0: optional NotificationEventResponse success,
}

struct get_not_null_constraints_call {
  1: optional NotNullConstraintsRequest request,
}

struct get_not_null_constraints_answer {
  0: optional NotNullConstraintsResponse success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_notification_events_count_call {
  1: optional NotificationEventsCountRequest rqst,
}

struct get_notification_events_count_answer {
  0: optional NotificationEventsCountResponse success,
}

struct get_num_partitions_by_filter_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional string filter,
}

struct get_num_partitions_by_filter_answer {
  0: optional i32 success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_open_txns_call {
}

struct get_open_txns_answer {
  0: optional GetOpenTxnsResponse success,
}

struct get_open_txns_info_call {
}

struct get_open_txns_info_answer {
  0: optional GetOpenTxnsInfoResponse success,
}

struct get_open_txns_req_call {
  1: optional GetOpenTxnsRequest getOpenTxnsRequest,
}

struct get_open_txns_req_answer {
  0: optional GetOpenTxnsResponse success,
}

struct get_part_specs_by_filter_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional string filter,
  4: optional i32 max_parts,
}

struct get_part_specs_by_filter_answer {
  0: optional list<PartitionSpec> success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_partition_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional list<string> part_vals,
}

struct get_partition_answer {
  0: optional Partition success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_partition_by_name_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional string part_name,
}

struct get_partition_by_name_answer {
  0: optional Partition success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_partition_column_statistics_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional string part_name,
  4: optional string col_name,
}

struct get_partition_column_statistics_answer {
  0: optional ColumnStatistics success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
  3: optional InvalidInputException o3,
  4: optional InvalidObjectException o4,
}

struct get_partition_names_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional i16 max_parts,
}

struct get_partition_names_answer {
  0: optional list<string> success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct get_partition_names_ps_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional list<string> part_vals,
  4: optional i16 max_parts,
}

struct get_partition_names_ps_answer {
  0: optional list<string> success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_partition_names_ps_req_call {
  1: optional GetPartitionNamesPsRequest req,
}

struct get_partition_names_ps_req_answer {
  0: optional GetPartitionNamesPsResponse success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_partition_names_req_call {
  1: optional PartitionsByExprRequest req,
}

struct get_partition_names_req_answer {
  0: optional list<string> success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_partition_req_call {
  1: optional GetPartitionRequest req,
}

struct get_partition_req_answer {
  0: optional GetPartitionResponse success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_partition_values_call {
  1: optional PartitionValuesRequest request,
}

struct get_partition_values_answer {
  0: optional PartitionValuesResponse success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_partition_with_auth_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional list<string> part_vals,
  4: optional string user_name,
  5: optional list<string> group_names,
}

struct get_partition_with_auth_answer {
  0: optional Partition success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_partitions_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional i16 max_parts,
}

struct get_partitions_answer {
  0: optional list<Partition> success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct get_partitions_by_expr_call {
  1: optional PartitionsByExprRequest req,
}

struct get_partitions_by_expr_answer {
  0: optional PartitionsByExprResult success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_partitions_by_filter_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional string filter,
  4: optional i16 max_parts,
}

struct get_partitions_by_filter_answer {
  0: optional list<Partition> success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_partitions_by_filter_req_call {
  1: optional GetPartitionsByFilterRequest req,
}

struct get_partitions_by_filter_req_answer {
  0: optional list<Partition> success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_partitions_by_names_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional list<string> names,
}

struct get_partitions_by_names_answer {
  0: optional list<Partition> success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
  3: optional InvalidObjectException o3,
}

struct get_partitions_by_names_req_call {
  1: optional GetPartitionsByNamesRequest req,
}

struct get_partitions_by_names_req_answer {
  0: optional GetPartitionsByNamesResult success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
  3: optional InvalidObjectException o3,
}

struct get_partitions_ps_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional list<string> part_vals,
  4: optional i16 max_parts,
}

struct get_partitions_ps_answer {
  0: optional list<Partition> success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_partitions_ps_with_auth_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional list<string> part_vals,
  4: optional i16 max_parts,
  5: optional string user_name,
  6: optional list<string> group_names,
}

struct get_partitions_ps_with_auth_answer {
  0: optional list<Partition> success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct get_partitions_ps_with_auth_req_call {
  1: optional GetPartitionsPsWithAuthRequest req,
}

struct get_partitions_ps_with_auth_req_answer {
  0: optional GetPartitionsPsWithAuthResponse success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_partitions_pspec_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional i32 max_parts,
}

struct get_partitions_pspec_answer {
  0: optional list<PartitionSpec> success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct get_partitions_req_call {
  1: optional PartitionsRequest req,
}

struct get_partitions_req_answer {
  0: optional PartitionsResponse success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct get_partitions_spec_by_expr_call {
  1: optional PartitionsByExprRequest req,
}

struct get_partitions_spec_by_expr_answer {
  0: optional PartitionsSpecByExprResult success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_partitions_statistics_req_call {
  1: optional PartitionsStatsRequest request,
}

struct get_partitions_statistics_req_answer {
  0: optional PartitionsStatsResult success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct get_partitions_with_auth_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional i16 max_parts,
  4: optional string user_name,
  5: optional list<string> group_names,
}

struct get_partitions_with_auth_answer {
  0: optional list<Partition> success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct get_partitions_with_specs_call {
  1: optional GetPartitionsRequest request,
}

struct get_partitions_with_specs_answer {
  0: optional GetPartitionsResponse success,
  1: optional MetaException o1,
}

struct get_primary_keys_call {
  1: optional PrimaryKeysRequest request,
}

struct get_primary_keys_answer {
  0: optional PrimaryKeysResponse success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_privilege_set_call {
  1: optional HiveObjectRef hiveObject,
  2: optional string user_name,
  3: optional list<string> group_names,
}

struct get_privilege_set_answer {
  0: optional PrincipalPrivilegeSet success,
  1: optional MetaException o1,
}

struct get_role_grants_for_principal_call {
  1: optional GetRoleGrantsForPrincipalRequest request,
}

struct get_role_grants_for_principal_answer {
  0: optional GetRoleGrantsForPrincipalResponse success,
  1: optional MetaException o1,
}

struct get_role_names_call {
}

struct get_role_names_answer {
  0: optional list<string> success,
  1: optional MetaException o1,
}

struct get_schema_call {
  1: optional string db_name,
  2: optional string table_name,
}

struct get_schema_answer {
  0: optional list<FieldSchema> success,
  1: optional MetaException o1,
  2: optional UnknownTableException o2,
  3: optional UnknownDBException o3,
}

struct get_schema_req_call {
  1: optional GetSchemaRequest req,
}

struct get_schema_req_answer {
  0: optional GetSchemaResponse success,
  1: optional MetaException o1,
  2: optional UnknownTableException o2,
  3: optional UnknownDBException o3,
}

struct get_schema_with_environment_context_call {
  1: optional string db_name,
  2: optional string table_name,
  3: optional EnvironmentContext environment_context,
}

struct get_schema_with_environment_context_answer {
  0: optional list<FieldSchema> success,
  1: optional MetaException o1,
  2: optional UnknownTableException o2,
  3: optional UnknownDBException o3,
}

struct get_table_call {
  1: optional string dbname,
  2: optional string tbl_name,
}

struct get_table_answer {
  0: optional Table success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_table_column_statistics_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional string col_name,
}

struct get_table_column_statistics_answer {
  0: optional ColumnStatistics success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
  3: optional InvalidInputException o3,
  4: optional InvalidObjectException o4,
}

struct get_table_meta_call {
  1: optional string db_patterns,
  2: optional string tbl_patterns,
  3: optional list<string> tbl_types,
}

struct get_table_meta_answer {
  0: optional list<TableMeta> success,
  1: optional MetaException o1,
}

struct get_table_objects_by_name_call {
  1: optional string dbname,
  2: optional list<string> tbl_names,
}

struct get_table_objects_by_name_answer {
  0: optional list<Table> success,
}

struct get_table_objects_by_name_req_call {
  1: optional GetTablesRequest req,
}

struct get_table_objects_by_name_req_answer {
  0: optional GetTablesResult success,
  1: optional MetaException o1,
  2: optional InvalidOperationException o2,
  3: optional UnknownDBException o3,
}

struct get_table_req_call {
  1: optional GetTableRequest req,
}

struct get_table_req_answer {
  0: optional GetTableResult success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_table_statistics_req_call {
  1: optional TableStatsRequest request,
}

struct get_table_statistics_req_answer {
  0: optional TableStatsResult success,
  1: optional NoSuchObjectException o1,
  2: optional MetaException o2,
}

struct get_tables_call {
  1: optional string db_name,
  2: optional string pattern,
}

struct get_tables_answer {
  0: optional list<string> success,
  1: optional MetaException o1,
}

struct get_tables_by_type_call {
  1: optional string db_name,
  2: optional string pattern,
  3: optional string tableType,
}

struct get_tables_by_type_answer {
  0: optional list<string> success,
  1: optional MetaException o1,
}

struct get_tables_ext_call {
  1: optional GetTablesExtRequest req,
}

struct get_tables_ext_answer {
  0: optional list<ExtendedTableInfo> success,
  1: optional MetaException o1,
}

struct get_unique_constraints_call {
  1: optional UniqueConstraintsRequest request,
}

struct get_unique_constraints_answer {
  0: optional UniqueConstraintsResponse success,
  1: optional MetaException o1,
  2: optional NoSuchObjectException o2,
}

struct get_valid_write_ids_call {
  1: optional GetValidWriteIdsRequest rqst,
}

struct get_valid_write_ids_answer {
  0: optional GetValidWriteIdsResponse success,
  1: optional NoSuchTxnException o1,
  2: optional MetaException o2,
}

struct heartbeat_call {
  1: optional HeartbeatRequest ids,
}

struct heartbeat_answer {
  1: optional NoSuchLockException o1,
  2: optional NoSuchTxnException o2,
  3: optional TxnAbortedException o3,
}

struct heartbeat_txn_range_call {
  1: optional HeartbeatTxnRangeRequest txns,
}

struct heartbeat_txn_range_answer {
  0: optional HeartbeatTxnRangeResponse success,
}

struct list_privileges_call {
  1: optional string principal_name,
  2: optional PrincipalType principal_type,
  3: optional HiveObjectRef hiveObject,
}

struct list_privileges_answer {
  0: optional list<HiveObjectPrivilege> success,
  1: optional MetaException o1,
}

struct list_roles_call {
  1: optional string principal_name,
  2: optional PrincipalType principal_type,
}

struct list_roles_answer {
  0: optional list<Role> success,
  1: optional MetaException o1,
}

struct lock_call {
  1: optional LockRequest rqst,
}

struct lock_answer {
  0: optional LockResponse success,
  1: optional NoSuchTxnException o1,
  2: optional TxnAbortedException o2,
}

struct open_txns_call {
  1: optional OpenTxnRequest rqst,
}

struct open_txns_answer {
  0: optional OpenTxnsResponse success,
}

struct partition_name_has_valid_characters_call {
  1: optional list<string> part_vals,
  2: optional bool throw_exception,
}

struct partition_name_has_valid_characters_answer {
  0: optional bool success,
  1: optional MetaException o1,
}

struct partition_name_to_spec_call {
  1: optional string part_name,
}

struct partition_name_to_spec_answer {
  0: optional map<string, string> success,
  1: optional MetaException o1,
}

struct partition_name_to_vals_call {
  1: optional string part_name,
}

struct partition_name_to_vals_answer {
  0: optional list<string> success,
  1: optional MetaException o1,
}

struct rename_partition_call {
  1: optional string db_name,
  2: optional string tbl_name,
  3: optional list<string> part_vals,
  4: optional Partition new_part,
}

struct rename_partition_answer {
  1: optional InvalidOperationException o1,
  2: optional MetaException o2,
}

struct rename_partition_req_call {
  1: optional RenamePartitionRequest req,
}

struct rename_partition_req_answer {
  0: optional RenamePartitionResponse success,
  1: optional InvalidOperationException o1,
  2: optional MetaException o2,
}

struct setMetaConf_call {
  1: optional string key,
  2: optional string value,
}

struct setMetaConf_answer {
  1: optional MetaException o1,
}

struct set_aggr_stats_for_call {
  1: optional SetPartitionsStatsRequest request,
}

struct set_aggr_stats_for_answer {
  0: optional bool success,
  1: optional NoSuchObjectException o1,
  2: optional InvalidObjectException o2,
  3: optional MetaException o3,
  4: optional InvalidInputException o4,
}

struct set_ugi_call {
  1: optional string user_name,
  2: optional list<string> group_names,
}

struct set_ugi_answer {
  0: optional list<string> success,
  1: optional MetaException o1,
}

struct show_compact_call {
  1: optional ShowCompactRequest rqst,
}

struct show_compact_answer {
  0: optional ShowCompactResponse success,
}

struct show_locks_call {
  1: optional ShowLocksRequest rqst,
}

struct show_locks_answer {
  0: optional ShowLocksResponse success,
}

struct shutdown_call {
}

struct translate_table_dryrun_call {
  1: optional CreateTableRequest request,
}

struct translate_table_dryrun_answer {
  0: optional Table success,
  1: optional AlreadyExistsException o1,
  2: optional InvalidObjectException o2,
  3: optional MetaException o3,
  4: optional NoSuchObjectException o4,
}

struct truncate_table_call {
  1: optional string dbName,
  2: optional string tableName,
  3: optional list<string> partNames,
}

struct truncate_table_answer {
  1: optional MetaException o1,
}

struct truncate_table_req_call {
  1: optional TruncateTableRequest req,
}

struct truncate_table_req_answer {
  0: optional TruncateTableResponse success,
  1: optional MetaException o1,
}

struct unlock_call {
  1: optional UnlockRequest rqst,
}

struct unlock_answer {
  1: optional NoSuchLockException o1,
  2: optional TxnOpenException o2,
}

struct update_partition_column_statistics_call {
  1: optional ColumnStatistics stats_obj,
}

struct update_partition_column_statistics_answer {
  0: optional bool success,
  1: optional NoSuchObjectException o1,
  2: optional InvalidObjectException o2,
  3: optional MetaException o3,
  4: optional InvalidInputException o4,
}

struct update_partition_column_statistics_req_call {
  1: optional SetPartitionsStatsRequest req,
}

struct update_partition_column_statistics_req_answer {
  0: optional SetPartitionsStatsResponse success,
  1: optional NoSuchObjectException o1,
  2: optional InvalidObjectException o2,
  3: optional MetaException o3,
  4: optional InvalidInputException o4,
}

struct update_table_column_statistics_call {
  1: optional ColumnStatistics stats_obj,
}

struct update_table_column_statistics_answer {
  0: optional bool success,
  1: optional NoSuchObjectException o1,
  2: optional InvalidObjectException o2,
  3: optional MetaException o3,
  4: optional InvalidInputException o4,
}

struct update_table_column_statistics_req_call {
  1: optional SetPartitionsStatsRequest req,
}

struct update_table_column_statistics_req_answer {
  0: optional SetPartitionsStatsResponse success,
  1: optional NoSuchObjectException o1,
  2: optional InvalidObjectException o2,
  3: optional MetaException o3,
  4: optional InvalidInputException o4,
}

struct update_transaction_statistics_call {
  1: optional UpdateTransactionalStatsRequest req,
}

struct update_transaction_statistics_answer {
  1: optional MetaException o1,
}
