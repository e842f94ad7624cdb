using System.Text.Json;
using System.Text.Json.Nodes;
using Tarn.Registry;

namespace Tarn;

/// <summary><c>runs/…</c> and <c>metrics/…</c>.</summary>
internal static class MlflowRuns
{
    private const int MostHistory = 25_000;
    private const int MostInterval = 2500;
    private const int MostRunsAtOnce = 100;
    private static readonly string[] MandatoryOfModel = ["artifact_path", "flavors", "utc_time_created", "run_id"];

    public static async Task CreateAsync(MlflowCall call)
    {
        var f = call.Fields;
        var experiment = f.Text("experiment_id");
        var run = await call.Registry.Runs.StartAsync(
            new NewTrainingRun
            {
                ExperimentId = string.IsNullOrEmpty(experiment) ? 0 : MlflowViews.ExperimentId(experiment),
                Name = f.Text("run_name"),
                User = f.Text("user_id") ?? "",
                StartedAt = Instant(f, "start_time"),
                Tags = f.Pairs("tags"),
            },
            call.Cancellation);
        await call.AnswerAsync(new MlflowRunAnswer(MlflowViews.Of(run)), MlflowJson.Default.MlflowRunAnswer);
    }

    public static async Task GetAsync(MlflowCall call) => await call.AnswerAsync(
        new MlflowRunAnswer(MlflowViews.Of(await call.Registry.Runs.GetAsync(call.Fields.RunId(), call.Cancellation))), MlflowJson.Default.MlflowRunAnswer);

    public static async Task UpdateAsync(MlflowCall call)
    {
        var f = call.Fields;
        var run = await call.Registry.Runs.UpdateAsync(
            f.RunId(), new TrainingRunChange { Status = MlflowViews.StatusOf(f), EndedAt = Instant(f, "end_time"), Name = f.Text("run_name") }, call.Cancellation);
        await call.AnswerAsync(new MlflowRunInfoAnswer(MlflowViews.InfoOf(run)), MlflowJson.Default.MlflowRunInfoAnswer);
    }

    public static async Task DeleteAsync(MlflowCall call)
    {
        await call.Registry.Runs.DeleteAsync(call.Fields.RunId(), call.Cancellation);
        await call.AnswerAsync();
    }

    public static async Task RestoreAsync(MlflowCall call)
    {
        await call.Registry.Runs.RestoreAsync(call.Fields.RunId(), call.Cancellation);
        await call.AnswerAsync();
    }

    public static Task LogMetricAsync(MlflowCall call) => LogAsync(call, new RunBatch { Metrics = [MetricOf(call.Fields)] });

    public static Task LogParamAsync(MlflowCall call) => LogAsync(call, new RunBatch { Params = [new(call.Fields.Required("key"), call.Fields.Given("value"))] });

    public static Task LogBatchAsync(MlflowCall call) => LogAsync(
        call,
        new RunBatch { Metrics = [.. call.Fields.Objects("metrics").Select(MetricOf)], Params = call.Fields.Pairs("params"), Tags = call.Fields.Pairs("tags") });

    public static Task SetTagAsync(MlflowCall call) => LogAsync(call, new RunBatch { Tags = [new(call.Fields.Required("key"), call.Fields.Given("value"))] });

    public static async Task DeleteTagAsync(MlflowCall call)
    {
        await call.Registry.Runs.DeleteTagAsync(call.Fields.RunId(), call.Fields.Required("key"), call.Cancellation);
        await call.AnswerAsync();
    }

    /// <summary>Adds a model to the run's list of logged ones, which MLflow keeps in a tag.</summary>
    public static async Task LogModelAsync(MlflowCall call)
    {
        JsonNode? model;
        try
        {
            model = JsonNode.Parse(call.Fields.Required("model_json"));
        }
        catch (JsonException)
        {
            throw new MlflowFault(MlflowFault.Invalid, "Malformed model info: 'model_json' is the JSON of an MLmodel file.");
        }

        var missing = MandatoryOfModel.Where(n => model is not JsonObject o || o[n] is null).ToList();
        if (missing.Count > 0)
        {
            throw new MlflowFault(MlflowFault.Invalid, $"Model json is missing mandatory fields: {string.Join(", ", missing)}");
        }

        var id = call.Fields.RunId();
        var before = (await call.Registry.Runs.GetAsync(id, call.Cancellation)).FindTag(RunTags.LoggedModels);
        var list = before is null ? [] : JsonNode.Parse(before) as JsonArray ?? [];
        list.Add(model);
        await LogAsync(call, new RunBatch { Tags = [new(RunTags.LoggedModels, list.ToJsonString())] });
    }

    public static async Task LogInputsAsync(MlflowCall call)
    {
        var inputs = new List<RunInput>();
        foreach (var input in call.Fields.Objects("datasets"))
        {
            var dataset = MlflowFields.Of(input.Find("dataset") ?? throw MlflowFields.MissingField("dataset"), "dataset");
            inputs.Add(new RunInput(dataset.Required("name"), dataset.Required("digest"), dataset.Required("source_type"), dataset.Required("source"))
            {
                Schema = dataset.Text("schema"),
                Profile = dataset.Text("profile"),
                Tags = input.Pairs("tags").DistinctBy(static t => t.Key).ToDictionary(),
            });
        }

        await call.Registry.Runs.LogInputsAsync(call.Fields.RunId(), inputs, call.Cancellation);
        await call.AnswerAsync();
    }

    public static async Task SearchAsync(MlflowCall call)
    {
        var f = call.Fields;
        var page = await call.Registry.Runs.SearchAsync(
            new RunSearch
            {
                ExperimentIds = [.. f.Texts("experiment_ids").Select(MlflowViews.ExperimentId)],
                Filter = f.Text("filter"),
                OrderBy = f.Texts("order_by"),
                View = MlflowViews.ViewOf(f, "run_view_type"),
                Limit = f.MaxResults(1000, 50_000),
                Offset = f.Offset(),
            },
            call.Cancellation);
        await call.AnswerAsync(new MlflowRunsAnswer(MlflowViews.OrNull(page.Items.Select(MlflowViews.Of)), MlflowFields.Token(page.NextOffset)), MlflowJson.Default.MlflowRunsAnswer);
    }

    public static async Task HistoryAsync(MlflowCall call)
    {
        var f = call.Fields;
        int? limit = f.Find("max_results") is null ? null : f.MaxResults(MostHistory, int.MaxValue - 1);
        var offset = f.Offset();
        var found = await call.Registry.Runs.HistoryAsync(f.RunId(), f.Required("metric_key"), limit + 1, offset, call.Cancellation);
        var more = limit is { } most && found.Count > most;
        await call.AnswerAsync(
            new MlflowMetricsAnswer(
                MlflowViews.OrNull(found.Take(limit ?? int.MaxValue).Select(static m => MlflowViews.Of(m))), MlflowFields.Token(more ? offset + limit : null)),
            MlflowJson.Default.MlflowMetricsAnswer);
    }

    public static async Task HistoryOfManyAsync(MlflowCall call)
    {
        var f = call.Fields;
        var runs = f.Texts("run_ids");
        if (runs.Count is 0 or > MostRunsAtOnce)
        {
            throw runs.Count == 0 ? MlflowFields.MissingField("run_ids") : new MlflowFault(MlflowFault.Invalid, $"GetMetricHistoryBulkInterval request must specify at most {MostRunsAtOnce} run_ids.");
        }

        var (first, last) = (f.Number("start_step"), f.Number("end_step"));
        if (first is null != last is null || first > last)
        {
            throw new MlflowFault(MlflowFault.Invalid, "If either start step or end step are specified, both must be specified, and the end step is not before the start step.");
        }

        var curves = await call.Registry.Runs.CurvesAsync(runs, f.Required("metric_key"), f.MaxResults(MostInterval, MostInterval), first, last, call.Cancellation);
        await call.AnswerAsync(
            new MlflowMetricsAnswer(MlflowViews.OrNull(curves.SelectMany(static c => c.Points.Select(p => MlflowViews.Of(p, c.RunId)))), null), MlflowJson.Default.MlflowMetricsAnswer);
    }

    private static async Task LogAsync(MlflowCall call, RunBatch batch)
    {
        await call.Registry.Runs.LogAsync(call.Fields.RunId(), batch, call.Cancellation);
        await call.AnswerAsync();
    }

    private static Metric MetricOf(MlflowFields metric) =>
        new(metric.Required("key"), metric.Real("value"), metric.Number("step") ?? 0, metric.Number("timestamp") ?? throw MlflowFields.MissingField("timestamp"));

    private static DateTimeOffset? Instant(MlflowFields fields, string name) => fields.Number(name) is not { } milliseconds ? null
        : milliseconds is >= 0 and <= 253_402_300_799_999 ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
        : throw new MlflowFault(MlflowFault.Invalid, $"Invalid value {MlflowViews.Id(milliseconds)} for parameter '{name}' supplied: it is the milliseconds since 1970, before the year 10000.");
}
