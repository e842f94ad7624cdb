using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Tarn.Contracts;
using Tarn.Lake;
using Tarn.Pipelines;
using Xunit;

namespace Tarn.EndToEnd;

/// <summary>A program with a pipeline of every kind of task, served in this process: groups, mapped tasks, a branch, a sensor, a sub-pipeline, setup and teardown, and a failure.</summary>
internal sealed partial class ShopPipelines : IAsyncDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private TarnHost? _host;

    public Uri Url => _host!.Url;

    public IServiceProvider Services => _host!.Services;

    /// <summary>What the runs of the pipeline "slow" wait for.</summary>
    public TaskCompletionSource Slow { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public HttpClient Http { get; private set; } = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<ShopPipelines> StartAsync()
    {
        var shop = new ShopPipelines();
        var surroundings = new ProgramSurroundings
        {
            Terminal = new Terminal { In = TextReader.Null, Out = TextWriter.Null, Error = TextWriter.Null },
            Environment = new Dictionary<string, string>(),
            CurrentDirectory = Path.GetTempPath(),
        };
        var request = new HostRequest
        {
            DataDirectory = shop._folder.Combine("data"),
            Command = "test",
            IsServer = true,
            Settings = new Dictionary<string, string?> { [TarnOptions.UrlsKey] = "http://127.0.0.1:0" },
        };
        var tarn = TarnApp.CreateBuilder([]);
        tarn.AddSystem("shop", "Pipelines of a test.", shop.Configure);
        tarn.Configuration["Pipelines:RepairSettling"] = "00:00:00.5";
        shop._host = await TarnHost.StartAsync(tarn.Close(), surroundings, request, Cancellation);
        shop.Http = new HttpClient { BaseAddress = shop.Url };
        return shop;
    }

    /// <summary>Runs a pipeline, and gives its run when it has ended.</summary>
    public async Task<string> RunAsync(string pipeline, string expected, JsonObject? body = null)
    {
        using var started = await Http.PostAsJsonAsync($"/api/v1/pipelines/{pipeline}/runs", body ?? [], Cancellation);
        var run = await started.Content.ReadFromJsonAsync<JsonObject>(Cancellation);
        Assert.True(started.IsSuccessStatusCode, run?.ToJsonString());
        while (run!["endedAt"] is null)
        {
            run = await Http.GetFromJsonAsync<JsonObject>($"/api/v1/runs/{run["id"]}/wait?timeoutSeconds=30", Cancellation);
        }

        Assert.Equal(expected, (string?)run["state"]);
        return run["id"]!.GetValue<string>();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        _folder.Dispose();
    }

    private void Configure(SystemBuilder shop)
    {
        shop.AddPipeline("gold", static p => p.Description("What the shops' pipeline runs at its end.").Task("publish", static (TaskContext run) => LogLine(run.Log, "gold")));
        shop.AddPipeline("shops", static p => p
            .Description("Reads the files of the shops, checks them, and publishes what they sold.")
            .Schedule("0 * * * *")
            .StartAt(TimeProvider.System.GetUtcNow().AddDays(-3))
            .Retries(1, TimeSpan.FromMilliseconds(50))
            .RepairedBy("silver.sold", TimeSpan.FromDays(7))
            .Parameter("mode", "increment", "How much is made anew.", ["increment", "full"])
            .Parameter("limit", 100, "Rows of a file.", check: static limit => limit is < 1 or > 1000 ? "it is 1 to 1000" : null)
            .Parameter("fail", false, "Whether the ranges are wrong.")
            .Setup("prepare", static (TaskContext run) => LogLine(run.Log, "a folder"))
            .Sensor("arrived", static () => true, after: ["prepare"])
            .Task("list", static (TaskContext run) => Listed(run), after: "arrived")
            .Group("extract", static g => g
                .Map("read", "list", static ([Item] string file, TaskContext run) => LogLine(run.Log, file))
                .Group("checks", static c => c
                    .Task("schema", static (TaskContext run) => LogLine(run.Log, "the schema"), after: "read")
                    .Task("ranges", static (TaskContext run, [Parameter("fail")] bool fail) => Ranges(run, fail), after: "read"))
                .Task("write", static (TaskContext run) => run.Report("rows", 1234), after: "checks"))
            .Branch("choose", static ([Parameter("mode")] string mode) => mode, after: ["extract"])
            .Task("full", static (TaskContext run) => LogLine(run.Log, "all"), after: "choose")
            .Task("increment", static (TaskContext run) => LogLine(run.Log, "the new"), after: "choose")
            .Task("join", static (TaskContext run) => LogLine(run.Log, "both"), after: ["full", "increment"], configure: static t => t.Rule(TriggerRule.NoneFailedMinOneSuccess))
            .SubPipeline("gold", "gold", after: ["join"])
            .Teardown("clean", "prepare", static (TaskContext run) => LogLine(run.Log, "the folder"), after: ["gold"]));

        // Rows that come late to a table that the shops' pipeline is repaired by.
        shop.AddPipeline("late", static p => p.Description("Sales that came late.").RequiredParameter<DateTimeOffset>("at", "When they were.").Task("sell", static async (Lake.Lake lake, TaskContext run, [Parameter] DateTimeOffset at) =>
        {
            await lake.EnsureTableAsync(TableDefinition.Of<Sale>("silver.sold", static s => s.At), run.CancellationToken);
            await lake.Table("silver.sold").AppendAsync([new Sale(run.RunId, at)], cancellationToken: run.CancellationToken);
        }));

        // Its runs wait until they are told to stop, or the test lets them go.
        shop.AddPipeline("slow", p => p.Description("Waits.").Schedule("0 * * * *").StartAt(TimeProvider.System.GetUtcNow().AddDays(30)).AlertOn(PipelineEvents.Failure | PipelineEvents.SlaMissed)
            .Task("wait", (CancellationToken token) => Slow.Task.WaitAsync(token)));

        // As large as one can be read on a page.
        shop.AddPipeline("sixty", static p =>
        {
            p.Description("Sixty tasks in ten groups.");
            for (var stage = 0; stage < 10; stage++)
            {
                var (number, before) = (stage, stage == 0 ? null : $"stage{stage - 1}");
                p.Group($"stage{number}", g => Enumerable.Range(0, 6).ToList().ForEach(i => g.Task($"step{i}", static () => { })), after: before is null ? [] : [before]);
            }
        });
    }

    private static string[] Listed(TaskContext run)
    {
        LogLine(run.Log, "three files");
        return ["north.csv", "south.csv", "west.csv"];
    }

    private static void Ranges(TaskContext run, bool fail)
    {
        if (fail)
        {
            LogWrong(run.Log, 3);
            throw new InvalidOperationException("3 rows are out of range.");
        }
    }

    /// <summary>A row of the table that comes late.</summary>
    internal sealed record Sale(string Id, DateTimeOffset At);

    [LoggerMessage(9901, LogLevel.Information, "Did {What}")]
    private static partial void LogLine(ILogger logger, string what);

    [LoggerMessage(9902, LogLevel.Warning, "{Rows} rows are out of range")]
    private static partial void LogWrong(ILogger logger, int rows);
}
