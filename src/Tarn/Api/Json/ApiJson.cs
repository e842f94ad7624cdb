using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tarn.Training;

namespace Tarn;

/// <summary>JSON of the REST API, for both its ends.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    PropertyNameCaseInsensitive = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    Converters = [typeof(InstantConverter)])]
[JsonSerializable(typeof(StatusView))]
[JsonSerializable(typeof(ProblemView))]
[JsonSerializable(typeof(IReadOnlyList<PipelineView>))]
[JsonSerializable(typeof(PipelineView))]
[JsonSerializable(typeof(TriggerRequest))]
[JsonSerializable(typeof(IReadOnlyList<RunView>))]
[JsonSerializable(typeof(RunView))]
[JsonSerializable(typeof(RunDetailsView))]
[JsonSerializable(typeof(IReadOnlyList<LogLineView>))]
[JsonSerializable(typeof(LogLineView))]
[JsonSerializable(typeof(LogEndView))]
[JsonSerializable(typeof(GridView))]
[JsonSerializable(typeof(CalendarView))]
[JsonSerializable(typeof(IntervalsView))]
[JsonSerializable(typeof(BackfillBody))]
[JsonSerializable(typeof(BackfillView))]
[JsonSerializable(typeof(IReadOnlyList<BackfillView>))]
[JsonSerializable(typeof(BackfillPreviewView))]
[JsonSerializable(typeof(RepairsView))]
[JsonSerializable(typeof(IReadOnlyList<NodeView>))]
[JsonSerializable(typeof(IReadOnlyList<TableView>))]
[JsonSerializable(typeof(TableDetailsView))]
[JsonSerializable(typeof(IReadOnlyList<TableVersionView>))]
[JsonSerializable(typeof(VacuumRequest))]
[JsonSerializable(typeof(OptimizeRequest))]
[JsonSerializable(typeof(RestoreRequest))]
[JsonSerializable(typeof(RestoreView))]
[JsonSerializable(typeof(VacuumView))]
[JsonSerializable(typeof(OptimizeView))]
[JsonSerializable(typeof(RefreshRequest))]
[JsonSerializable(typeof(RefreshView))]
[JsonSerializable(typeof(QueryRequest))]
[JsonSerializable(typeof(QueryResultView))]
[JsonSerializable(typeof(RowsView))]
[JsonSerializable(typeof(IReadOnlyList<TopicView>))]
[JsonSerializable(typeof(TopicView))]
[JsonSerializable(typeof(IReadOnlyList<RecordView>))]
[JsonSerializable(typeof(IReadOnlyList<SinkView>))]
[JsonSerializable(typeof(ProduceLine))]
[JsonSerializable(typeof(ProducedView))]
[JsonSerializable(typeof(IReadOnlyList<AlertView>))]
[JsonSerializable(typeof(IReadOnlyList<AlertChannelView>))]
[JsonSerializable(typeof(AlertTestView))]
[JsonSerializable(typeof(IReadOnlyList<BackboneView>))]
[JsonSerializable(typeof(BackboneView))]
[JsonSerializable(typeof(BackboneCheckResult))]
[JsonSerializable(typeof(IReadOnlyList<ExperimentView>))]
[JsonSerializable(typeof(ExperimentView))]
[JsonSerializable(typeof(TrainingRunsView))]
[JsonSerializable(typeof(TrainingRunDetailsView))]
[JsonSerializable(typeof(IReadOnlyList<MetricCurveView>))]
[JsonSerializable(typeof(IReadOnlyList<ArtifactView>))]
[JsonSerializable(typeof(IReadOnlyList<RegisteredModelView>))]
[JsonSerializable(typeof(RegisteredModelDetailsView))]
[JsonSerializable(typeof(ModelVersionView))]
[JsonSerializable(typeof(IReadOnlyList<LedgerEntryView>))]
[JsonSerializable(typeof(AliasAtView))]
[JsonSerializable(typeof(PromoteBody))]
[JsonSerializable(typeof(RollbackBody))]
[JsonSerializable(typeof(AliasMoveView))]
[JsonSerializable(typeof(RegistryEvent))]
[JsonSerializable(typeof(AttemptEvent))]
[JsonSerializable(typeof(PipelineEvent))]
[JsonSerializable(typeof(CommitEvent))]
[JsonSerializable(typeof(TopicEvent))]
[JsonSerializable(typeof(HealthView))]
[JsonSerializable(typeof(DoctorView))]
[JsonSerializable(typeof(VersionView))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonNode))]
[JsonSerializable(typeof(string))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>For terminals and programs: quotes and letters beyond ASCII stand as they are.</summary>
    public static ApiJson Plain => field ??= new(new JsonSerializerOptions(Default.Options!) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
