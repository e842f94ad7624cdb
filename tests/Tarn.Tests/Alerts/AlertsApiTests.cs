using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Tests;

/// <summary>Alerts of a running server, its channels at real sockets.</summary>
public sealed class AlertsApiTests : IAsyncLifetime
{
    private const string UrlSecret = "T0123456-the-url-is-a-key";
    private const string HeaderSecret = "tok-0123456789";
    private const string KeySecret = "key-of-the-signature";
    private const string MailSecret = "pass-word-1";

    private readonly RecordedLog _logs = new();
    private HttpReceiver _http = null!;
    private SmtpReceiver _smtp = null!;
    private TestServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _http = await HttpReceiver.StartAsync();
        _smtp = SmtpReceiver.Start();
        _server = new TestServer { Program = Create };
        await _server.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _http.DisposeAsync();
        await _smtp.DisposeAsync();
    }

    [Fact]
    public async Task An_alert_reaches_its_channel_the_console_and_the_list()
    {
        var id = await AddAsync("orders", "hook", "console");
        await _http.ArrivedAsync();
        var listed = (await UntilAsync("/api/v1/alerts?limit=1", static a => a[0]!["deliveries"]!.AsArray().All(static d => (string?)d!["state"] == "sent")))[0]!;
        Assert.Equal(id, (string?)JsonNode.Parse(_http.Taken[0])!["id"]); // Taken when it is told to be sent, a little after it arrived.
        Assert.Equal((id, "failure", "error", "orders failed"), ((string?)listed["id"], (string?)listed["kind"], (string?)listed["severity"], (string?)listed["title"]));
        Assert.Equal("merge", (string?)listed["fields"]!["task"]);
        Assert.Contains("orders failed", (await _server.GetAsync("/api/v1/status"))["notices"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Empty((await _server.GetAsync($"/api/v1/alerts?before={id}")).AsArray());
        await _server.GetAsync("/api/v1/alerts?before=none", 404);
        await _server.GetAsync("/api/v1/alerts?limit=0", 400);
    }

    [Fact]
    public async Task A_run_that_failed_is_told()
    {
        Assert.Equal("failed", (string?)(await _server.RunPipelineAsync("fail"))["state"]);
        var told = (await UntilAsync("/api/v1/alerts", static a => a.AsArray().Count == 1 && a[0]!["deliveries"]!.AsArray().All(static d => (string?)d!["state"] == "sent")))[0]!;
        Assert.Equal(("failure", "fail failed"), ((string?)told["kind"], (string?)told["title"]));
        Assert.Contains("The note broke.", (string?)told["fields"]!["error"], StringComparison.Ordinal);
        Assert.Equal(["log", "console"], told["deliveries"]!.AsArray().Select(static d => (string?)d!["channel"]));
        Assert.Contains("fail failed", (await _server.GetAsync("/api/v1/status"))["notices"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains(_logs.Lines, static l => l.Event == 1020 && l.Text.Contains("fail failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pipeline_that_names_a_channel_that_there_is_not_stops_the_start()
    {
        using var folder = new TemporaryDirectory();
        var program = NotesProgram.Create("pipelines", "list", "--data", folder.Combine("data"));
        program.AddPipeline("astray", static p => p.AlertOn(Pipelines.PipelineEvents.Failure, "pager", "log").Task("t", static () => { }));
        var run = new TestRun { DataDirectory = folder.Combine("data") };
        Assert.NotEqual(0, await run.RunAsync(program, TestContext.Current.CancellationToken));
        Assert.Contains("astray: pager", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Channels_tell_how_they_are_doing_and_can_be_tried()
    {
        var channels = await _server.GetAsync("/api/v1/alerts/channels");
        Assert.Equal(["chat", "console", "hook", "log", "mail", "team"], channels.AsArray().Select(static c => (string)c!["name"]!).Order(StringComparer.Ordinal));
        Assert.Equal(["console", "log"], channels.AsArray().Where(static c => (bool)c!["isDefault"]!).Select(static c => (string)c!["name"]!).Order(StringComparer.Ordinal));

        Assert.True((bool)(await _server.PostAsync("/api/v1/alerts/channels/hook/test"))["sent"]!);
        Assert.True((bool)(await _server.PostAsync("/api/v1/alerts/channels/mail/test"))["sent"]!);
        _http.Mood = ReceiverMood.Refuses;
        var failed = await _server.PostAsync("/api/v1/alerts/channels/team/test");
        Assert.Equal((false, "slack"), ((bool)failed["sent"]!, (string?)failed["type"]));
        Assert.Contains("404", (string?)failed["error"], StringComparison.Ordinal);
        Assert.Contains("there are", (string?)(await _server.PostAsync("/api/v1/alerts/channels/none/test", status: 404))["rule"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_secret_stands_in_a_log_an_answer_or_the_data_directory()
    {
        (_http.Mood, _http.Echoes, _smtp.Mood, _smtp.Echoes) = (ReceiverMood.Broken, true, ReceiverMood.Refuses, true);
        var answers = new StringBuilder();
        await AddAsync($"orders of {_http.Url}services/{UrlSecret} with {MailSecret}", "hook", "chat", "team", "mail", "log", "console");
        var channels = await UntilAsync("/api/v1/alerts/channels", static c => c.AsArray().Where(static x => (string?)x!["name"] is not ("log" or "console")).All(static x => x!["lastError"] is not null));
        answers.Append(channels.ToJsonString());
        foreach (var name in new[] { "hook", "chat", "team", "mail" })
        {
            answers.Append((await _server.PostAsync($"/api/v1/alerts/channels/{name}/test")).ToJsonString());
        }

        answers.Append((await _server.GetAsync("/api/v1/alerts")).ToJsonString());
        answers.Append((await _server.GetAsync("/api/v1/status")).ToJsonString());
        var written = new StringBuilder();
        foreach (var file in Directory.EnumerateFiles(_server.DataDirectory, "*", SearchOption.AllDirectories).Where(static f => !Path.GetFileName(f).EndsWith("lock", StringComparison.Ordinal)))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            written.Append(await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
        }

        var logged = string.Join('\n', _logs.Lines.Select(static l => l.Text));
        Assert.Contains("orders of", written.ToString(), StringComparison.Ordinal);
        Assert.Contains("could not be sent to hook", logged, StringComparison.Ordinal);
        Assert.All(
            [UrlSecret, HeaderSecret, KeySecret, MailSecret, Convert.ToBase64String(Encoding.UTF8.GetBytes(MailSecret))],
            secret => Assert.All([answers.ToString(), written.ToString(), logged], text => Assert.DoesNotContain(secret, text, StringComparison.Ordinal)));
    }

    private TarnAppBuilder Create(string[] arguments)
    {
        var tarn = NotesProgram.Create(arguments);
        tarn.Services.AddSingleton<ILoggerProvider>(_logs);
        var settings = new Dictionary<string, string>
        {
            ["Logging:LogLevel:Default"] = "Trace",
            ["Logging:LogLevel:Microsoft"] = "Trace",
            ["Logging:LogLevel:System"] = "Trace",
            ["Alerts:Channels:hook:Type"] = "webhook",
            ["Alerts:Channels:hook:Url"] = $"{_http.Url}services/{UrlSecret}",
            ["Alerts:Channels:hook:Secret"] = KeySecret,
            ["Alerts:Channels:hook:Headers:Authorization"] = $"Bearer {HeaderSecret}",
            ["Alerts:Channels:chat:Type"] = "discord",
            ["Alerts:Channels:chat:Url"] = $"{_http.Url}services/{UrlSecret}",
            ["Alerts:Channels:team:Type"] = "slack",
            ["Alerts:Channels:team:Url"] = $"{_http.Url}services/{UrlSecret}",
            ["Alerts:Channels:mail:Type"] = "email",
            ["Alerts:Channels:mail:Host"] = "127.0.0.1",
            ["Alerts:Channels:mail:Port"] = $"{_smtp.Port}",
            ["Alerts:Channels:mail:StartTls"] = "false",
            ["Alerts:Channels:mail:User"] = "tarn",
            ["Alerts:Channels:mail:Password"] = MailSecret,
            ["Alerts:Channels:mail:From"] = "tarn@example.org",
            ["Alerts:Channels:mail:To"] = "a@example.org",
        };
        foreach (var (key, value) in settings)
        {
            tarn.Configuration[key] = value;
        }

        return tarn;
    }

    private Task<string> AddAsync(string subject, params string[] channels)
    {
        var services = _server.Host.Services;
        var alert = new Alert
        {
            Kind = AlertKinds.Failure,
            Severity = AlertSeverity.Error,
            Subject = subject,
            OccurredAt = DateTimeOffset.UtcNow,
            Fields = new Dictionary<string, string> { [AlertFields.Task] = "merge", [AlertFields.Error] = $"{subject} broke" },
        };
        return services.GetRequiredService<MetadataStore>().WriteAsync((c, t) => services.GetRequiredService<AlertOutbox>().AddAsync(c, t, alert, channels), cancellation: TestContext.Current.CancellationToken);
    }

    private async Task<JsonNode> UntilAsync(string path, Func<JsonNode, bool> holds)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var answer = await _server.GetAsync(path);
            if (holds(answer))
            {
                return answer;
            }

            Assert.False(late.IsCancellationRequested, answer.ToJsonString());
        }
    }
}
