using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

/// <summary>What the gate costs before a path that is asked very often.</summary>
public sealed class GateGarbageTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("none", "POST", "/v1/endpoints/pizza/predict")]
    [InlineData("none", "GET", "/api/v1/status")]
    [InlineData("required", "POST", "/v1/endpoints/pizza/predict")]
    [InlineData("required", "GET", "/api/v1/status")]
    public async Task A_request_that_is_let_through_makes_no_garbage(string authentication, string method, string path)
    {
        await using var world = await KeyWorld.OpenAsync(_folder);
        using var journal = new SecurityJournal();
        var plan = SecurityPlan.Read(new ConfigurationManager { ["Security:Authentication"] = authentication }.GetSection("Security"), []);
        var refusals = new RefusalTally(journal);
        var passed = 0;
        var gate = new SecurityGate(
            _ =>
            {
                passed++;
                return Task.CompletedTask;
            },
            plan,
            world.Callers,
            new AuditLog(world.Store, refusals, plan, world.Time, NullLogger<AuditLog>.Instance),
            refusals,
            world.Time);
        var guard = new LocalGuard(new HostNames(plan.IsRequired, []), plan);
        var (_, text) = await world.Keys.CreateAsync(KeyWorld.New("kiosk") with { RatePerSecond = 100_000, Burst = 100_000, RequestsPerDay = 1_000_000, Endpoints = path.Contains("pizza", StringComparison.Ordinal) ? ["pizza"] : [] }, KeyWorld.Cancellation);
        var http = new DefaultHttpContext();
        http.Request.Method = method;
        http.Request.Path = path;
        http.Request.Host = new HostString("127.0.0.1:8080");
        http.Request.ContentLength = method == "POST" ? 100 : null;
        http.Request.Headers.Authorization = $"Bearer {text}";
        http.Features.Set<IHttpMaxRequestBodySizeFeature>(new SizeFeature());

        void Pass()
        {
            Assert.Null(guard.Refuse(http.Request));
            Assert.True(gate.InvokeAsync(http).IsCompletedSuccessfully);
        }

        Pass();
        Pass();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Pass();
        }

        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / 1000;
        Assert.Equal((1002, 0), (passed, each));
        Assert.Equal(authentication == "none" ? "local" : text.Split('_')[1], Caller.Of(http)!.Subject);
    }

    private sealed class SizeFeature : IHttpMaxRequestBodySizeFeature
    {
        public bool IsReadOnly => false;

        public long? MaxRequestBodySize { get; set; }
    }
}
