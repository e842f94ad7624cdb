using Dapper;
using Tarn.Core;
using Tarn.Registry;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Rollouts from their start to their end, on every metadata store.</summary>
public abstract class RolloutRunnerContract
{
    private static readonly RolloutPlan Plan = new()
    {
        Canary = VariantTarget.OfVersion(2),
        Stages = [10, 50, 100],
        Metrics = [RolloutMetric.Errors(0.05)],
        MinimumSamples = 100,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Opens the test's store, empty.</summary>
    protected abstract Task<MetadataStore> OpenAsync();

    [Fact]
    public async Task A_good_canary_becomes_champion()
    {
        await using var world = await RolloutWorld.OpenAsync(await OpenAsync());
        var process = await world.ProcessAsync();
        var begun = await process.Rollouts.StartAsync(RolloutWorld.Name, Plan, RolloutWorld.Ada, Cancellation);
        Assert.Equal((RolloutStatus.Running, 10), (begun.Status, begun.StagePercent));
        Assert.Equal([("champion", 90), ("canary", 10)], process.Endpoint.Route.Variants.Select(static v => (v.Name, v.Weight)));

        var last = await process.RunAsync(0.01);
        Assert.Equal((RolloutStatus.Finished, null), (last.Status, process.Endpoint.Rollout));
        Assert.Equal(Route.Champion.WithSalt("pizza"), process.Endpoint.Route);
        Assert.Equal(2, (await world.Registry.Models.FindByAliasAsync(RolloutWorld.Name, RegisteredModels.Champion, Cancellation))!.Version);
        Assert.Equal(
            [RouteChangeKind.Created, RouteChangeKind.RolloutStarted, RouteChangeKind.RolloutAdvanced, RouteChangeKind.RolloutAdvanced, RouteChangeKind.RolloutFinished], await process.KindsAsync());
        var promotion = (await world.Registry.Models.LedgerAsync(RolloutWorld.Name, RegisteredModels.Champion, cancellation: Cancellation))[0];
        Assert.Equal((1, 2, "rollout"), (promotion.From, promotion.To, promotion.Who));
        var verdict = (await process.Book.ListLedgerAsync(RolloutWorld.Name, cancellation: Cancellation))[1].Verdict!.Value;
        Assert.Equal(("advance", 10.0, 50.0), Decision((await process.Book.ListLedgerAsync(RolloutWorld.Name, cancellation: Cancellation))[2].Verdict!.Value));
        Assert.Equal(("finish", 50.0, 100.0), Decision(verdict));
        var metric = verdict.GetProperty("metrics")[0];
        Assert.Equal(("Errors", true), (metric.GetProperty("metric").GetString(), metric.GetProperty("logSafe").GetDouble() >= verdict.GetProperty("logThreshold").GetDouble()));
        Assert.Equal(metric.GetProperty("canaryRate").GetDouble(), metric.GetProperty("canaryBad").GetDouble() / metric.GetProperty("canaryCount").GetDouble());
    }

    [Fact]
    public async Task A_bad_canary_goes_back_and_somebody_is_told()
    {
        await using var world = await RolloutWorld.OpenAsync(await OpenAsync());
        var process = await world.ProcessAsync();
        await process.Rollouts.StartAsync(RolloutWorld.Name, Plan, RolloutWorld.Ada, Cancellation);
        var last = await process.RunAsync(0.2);
        Assert.Equal(RolloutStatus.RolledBack, last.Status);
        Assert.Equal([new Variant("champion", VariantTarget.OfAlias("champion"), 100)], process.Endpoint.Route.Variants);
        Assert.Equal(1, (await world.Registry.Models.FindByAliasAsync(RolloutWorld.Name, RegisteredModels.Champion, Cancellation))!.Version);
        var entry = (await process.Book.ListLedgerAsync(RolloutWorld.Name, cancellation: Cancellation))[0];
        Assert.Equal((RouteChangeKind.RolledBack, last.Reason, ("roll_back", 10.0, 0.0)), (entry.Kind, entry.Reason, Decision(entry.Verdict!.Value)));
        Assert.Contains("too many of errors", entry.Reason, StringComparison.Ordinal);
        Assert.Equal([EndpointBook.RolledBackAlert], await AlertsAsync(world));
    }

    [Fact]
    public async Task A_slow_canary_goes_back_by_a_threshold_that_the_control_sets()
    {
        await using var world = await RolloutWorld.OpenAsync(await OpenAsync());
        var process = await world.ProcessAsync();
        await process.Rollouts.StartAsync(RolloutWorld.Name, Plan with { Metrics = [RolloutMetric.Errors(0.05), RolloutMetric.SlowAnswers()] }, RolloutWorld.Ada, Cancellation);
        var last = await process.RunAsync(0.01, canaryMilliseconds: 14);
        Assert.Equal(RolloutStatus.RolledBack, last.Status);
        Assert.Contains("slow answers", last.Reason, StringComparison.Ordinal);
        Assert.InRange(last.SlowerThan!.Value.TotalMilliseconds, 13.8, 15.2); // The 95th percentile of 5 to 15 ms.
    }

    [Fact]
    public async Task A_canary_as_fast_as_the_control_passes()
    {
        await using var world = await RolloutWorld.OpenAsync(await OpenAsync());
        var process = await world.ProcessAsync();
        var plan = Plan with { Metrics = [RolloutMetric.Errors(0.05), RolloutMetric.SlowAnswers()], OnSuccess = RolloutSuccess.KeepCanary };
        await process.Rollouts.StartAsync(RolloutWorld.Name, plan, RolloutWorld.Ada, Cancellation);
        Assert.Equal(RolloutStatus.Finished, (await process.RunAsync(0.01)).Status);
        Assert.Equal([new Variant("canary", VariantTarget.OfVersion(2), 100)], process.Endpoint.Route.Variants);
        Assert.Equal(1, (await world.Registry.Models.FindByAliasAsync(RolloutWorld.Name, RegisteredModels.Champion, Cancellation))!.Version);
    }

    [Fact]
    public async Task A_stage_without_enough_evidence_stays_and_somebody_is_told_once()
    {
        await using var world = await RolloutWorld.OpenAsync(await OpenAsync());
        var process = await world.ProcessAsync();
        await process.Rollouts.StartAsync(RolloutWorld.Name, Plan with { MaximumStageDuration = TimeSpan.FromSeconds(20) }, RolloutWorld.Ada, Cancellation);
        for (var second = 0; second < 60; second++)
        {
            await process.LookAsync();
        }

        Assert.Equal((true, 10), (process.Endpoint.Rollout!.IsExpired, process.Endpoint.Rollout.StagePercent));
        Assert.Equal([EndpointBook.ExpiredAlert], await AlertsAsync(world));
        Assert.Equal(RolloutStatus.Finished, (await process.RunAsync(0.01)).Status);
    }

    [Fact]
    public async Task A_paused_rollout_waits_and_what_happens_meanwhile_is_no_evidence()
    {
        await using var world = await RolloutWorld.OpenAsync(await OpenAsync());
        var process = await world.ProcessAsync();
        await process.Rollouts.StartAsync(RolloutWorld.Name, Plan with { MaximumStageDuration = TimeSpan.FromMinutes(5) }, RolloutWorld.Ada, Cancellation);
        process.Answer(300, 0.01);
        await process.LookAsync();
        await process.Rollouts.PauseAsync(RolloutWorld.Name, RolloutWorld.Ada, Cancellation);
        var paused = process.Endpoint.Rollout!;
        await process.RunAsync(0.9, most: 30);
        world.Time.Advance(TimeSpan.FromHours(1));
        await process.LookAsync();
        Assert.Equal((RolloutStatus.Paused, paused.CanaryRequests), (process.Endpoint.Rollout!.Status, process.Endpoint.Rollout.CanaryRequests));
        await Assert.ThrowsAsync<TarnException>(() => process.Rollouts.PauseAsync(RolloutWorld.Name, RolloutWorld.Ada, Cancellation));

        process.Answer(3000, 0.9);
        await process.Rollouts.ResumeAsync(RolloutWorld.Name, RolloutWorld.Ada, Cancellation);
        await process.LookAsync();
        Assert.False(process.Endpoint.Rollout!.IsExpired);
        Assert.Equal(RolloutStatus.Finished, (await process.RunAsync(0.01)).Status);
    }

    [Fact]
    public async Task An_operator_ends_a_rollout_and_alone_changes_the_route_meanwhile()
    {
        await using var world = await RolloutWorld.OpenAsync(await OpenAsync());
        var process = await world.ProcessAsync();
        await process.Rollouts.StartAsync(RolloutWorld.Name, Plan, RolloutWorld.Ada, Cancellation);
        foreach (var change in (Func<Task>[])
        [
            () => process.Book.SetRouteAsync(RolloutWorld.Name, new Route([new Variant("champion", VariantTarget.OfVersion(1), 1)]), RolloutWorld.Ada, Cancellation),
            () => process.Book.DeleteAsync(RolloutWorld.Name, RolloutWorld.Ada, Cancellation),
            () => process.Rollouts.StartAsync(RolloutWorld.Name, Plan, RolloutWorld.Ada, Cancellation),
            () => process.Rollouts.ResumeAsync(RolloutWorld.Name, RolloutWorld.Ada, Cancellation),
        ])
        {
            Assert.Equal(ErrorKind.Conflict, (await Assert.ThrowsAsync<TarnException>(change)).Kind);
        }

        var aborted = await process.Rollouts.AbortAsync(RolloutWorld.Name, RolloutWorld.Ada, Cancellation);
        Assert.Equal((RolloutStatus.Aborted, RolloutWorld.Ada.Reason, true), (aborted.Status, aborted.Reason, aborted.EndedAt is not null));
        Assert.Equal(Route.Champion.WithSalt("pizza"), process.Endpoint.Route);
        Assert.Equal([RouteChangeKind.Created, RouteChangeKind.RolloutStarted, RouteChangeKind.RolloutAborted], await process.KindsAsync());
        Assert.Equal(ErrorKind.Conflict, (await Assert.ThrowsAsync<TarnException>(() => process.Rollouts.AbortAsync(RolloutWorld.Name, RolloutWorld.Ada, Cancellation))).Kind);
        Assert.Equal(2, (await process.Rollouts.StartAsync(RolloutWorld.Name, Plan, RolloutWorld.Ada, Cancellation)).Id);
    }

    [Fact]
    public async Task What_cannot_be_rolled_out_is_refused()
    {
        await using var world = await RolloutWorld.OpenAsync(await OpenAsync());
        var process = await world.ProcessAsync();
        async Task RefusedAsync(ErrorKind kind, RolloutPlan plan, string endpoint = RolloutWorld.Name) =>
            Assert.Equal(kind, (await Assert.ThrowsAsync<TarnException>(() => process.Rollouts.StartAsync(endpoint, plan, RolloutWorld.Ada, Cancellation))).Kind);
        await RefusedAsync(ErrorKind.NotFound, Plan, "none");
        await RefusedAsync(ErrorKind.NotFound, Plan with { Canary = VariantTarget.OfVersion(99) });
        await RefusedAsync(ErrorKind.NotFound, Plan with { Canary = VariantTarget.OfAlias("challenger") });
        await RefusedAsync(ErrorKind.InvalidInput, Plan with { Canary = VariantTarget.OfVersion(1) });
        await RefusedAsync(ErrorKind.InvalidInput, Plan with { Control = "other" });
        await process.Book.SetRouteAsync(
            RolloutWorld.Name, new Route([Route.Champion.Variants[0], new Variant("b", VariantTarget.OfVersion(3), 5)]), RolloutWorld.Ada, Cancellation);
        await RefusedAsync(ErrorKind.InvalidInput, Plan);
        Assert.Empty(await process.Book.ListRolloutsAsync(RolloutWorld.Name, cancellation: Cancellation));
    }

    [Fact]
    public async Task Where_the_champion_changes_in_the_middle_the_canary_goes_back()
    {
        await using var world = await RolloutWorld.OpenAsync(await OpenAsync());
        var process = await world.ProcessAsync();
        await world.Registry.Models.SetAliasAsync(RolloutWorld.Name, RegisteredModels.Challenger, 2, new AliasChange("ada"), Cancellation);
        var begun = await process.Rollouts.StartAsync(RolloutWorld.Name, Plan with { Canary = VariantTarget.OfAlias("challenger") }, RolloutWorld.Ada, Cancellation);
        Assert.Equal(VariantTarget.OfVersion(2), begun.Plan.Canary);
        await world.Registry.Models.SetAliasAsync(RolloutWorld.Name, RegisteredModels.Champion, 3, new AliasChange("grace"), Cancellation);
        var last = await process.RunAsync(0.01);
        Assert.Equal(RolloutStatus.RolledBack, last.Status);
        Assert.Contains("is 3 now", last.Reason, StringComparison.Ordinal);
        Assert.Equal(3, (await world.Registry.Models.FindByAliasAsync(RolloutWorld.Name, RegisteredModels.Champion, Cancellation))!.Version);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Processes_that_end_at_any_time_skip_no_stage_and_lose_little(int seed)
    {
        await using var world = await RolloutWorld.OpenAsync(await OpenAsync());
        var random = new Random(seed);
        var process = await world.ProcessAsync(seed);
        await process.Rollouts.StartAsync(RolloutWorld.Name, Plan with { MinimumSamples = 1500 }, RolloutWorld.Ada, Cancellation);
        var lives = 0;
        while (process.Endpoint.Rollout is { } before && lives++ < 200)
        {
            var (answered, stage) = (0, before.Stage);
            var seconds = random.Next(3, 14);
            for (var second = 0; second < seconds && process.Endpoint.Rollout is { } now && now.Stage == stage; second++)
            {
                process.Answer(300, 0.01);
                answered += 300;
                await process.LookAsync();
            }

            // Nothing of it is closed or told: so it is where it is killed.
            process = await world.ProcessAsync((seed * 1000) + lives);
            if (process.Endpoint.Rollout is { Status: RolloutStatus.Running } after && after.Stage == stage)
            {
                // The first look of a life only begins to count, and what was not stored yet is lost: at most five seconds.
                var counted = after.CanaryRequests + after.ControlRequests - before.CanaryRequests - before.ControlRequests;
                Assert.True(counted <= answered && counted >= answered - (300 * 6), $"seed {seed}: {counted} of {answered} were kept");
            }
        }

        Assert.Equal(RolloutStatus.Finished, (await process.LastAsync()).Status);
        Assert.Equal(
            [RouteChangeKind.Created, RouteChangeKind.RolloutStarted, RouteChangeKind.RolloutAdvanced, RouteChangeKind.RolloutAdvanced, RouteChangeKind.RolloutFinished], await process.KindsAsync());
        Assert.True(lives > 3, $"seed {seed}: {lives} lives");
    }

    [Fact]
    public async Task A_promotion_that_broke_off_after_the_alias_is_finished_by_the_next_process()
    {
        await using var world = await RolloutWorld.OpenAsync(await OpenAsync());
        var process = await world.ProcessAsync();
        await process.Rollouts.StartAsync(RolloutWorld.Name, Plan, RolloutWorld.Ada, Cancellation);
        while (process.Endpoint.Rollout!.Status != RolloutStatus.Promoting)
        {
            process.Answer(300, 0.01);
            await process.LookAsync();
        }

        Assert.Equal([("champion", 0), ("canary", 100)], process.Endpoint.Route.Variants.Select(static v => (v.Name, v.Weight)));
        await world.Registry.Models.SetAliasAsync(RolloutWorld.Name, RegisteredModels.Champion, 2, new AliasChange("rollout"), Cancellation);
        Assert.Equal(ErrorKind.Conflict, (await Assert.ThrowsAsync<TarnException>(() => process.Rollouts.AbortAsync(RolloutWorld.Name, RolloutWorld.Ada, Cancellation))).Kind);
        var next = await world.ProcessAsync();
        await next.LookAsync();
        Assert.Equal((RolloutStatus.Finished, Route.Champion.WithSalt("pizza")), ((await next.LastAsync()).Status, next.Endpoint.Route));
    }

    [Fact]
    public async Task Two_processes_add_up_their_counts_and_decide_once()
    {
        await using var world = await RolloutWorld.OpenAsync(await OpenAsync());
        var (one, other) = (await world.ProcessAsync(1), await world.ProcessAsync(2));
        await one.Rollouts.StartAsync(RolloutWorld.Name, Plan with { MinimumSamples = 2000 }, RolloutWorld.Ada, Cancellation);
        await other.Book.RefreshAsync(Cancellation);
        await one.LookAsync();
        await other.LookAsync();
        for (var second = 0; second < 20; second++)
        {
            one.Answer(200, 0.01);
            other.Answer(100, 0.01);
            await Task.WhenAll(one.Runner.LookAsync(Cancellation), other.Runner.LookAsync(Cancellation));
            world.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await one.Book.RefreshAsync(Cancellation);
        var stored = one.Endpoint.Rollout!;
        Assert.InRange(stored.CanaryRequests + stored.ControlRequests, 14 * 300, 20 * 300); // Of each what is not stored yet is missing: at most six seconds.
        for (var second = 0; second < 400 && one.Endpoint.Rollout is not null; second++)
        {
            one.Answer(200, 0.01);
            other.Answer(100, 0.01);
            await Task.WhenAll(one.Runner.LookAsync(Cancellation), other.Runner.LookAsync(Cancellation));
            world.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(RolloutStatus.Finished, (await one.LastAsync()).Status);
        Assert.Equal(
            [RouteChangeKind.Created, RouteChangeKind.RolloutStarted, RouteChangeKind.RolloutAdvanced, RouteChangeKind.RolloutAdvanced, RouteChangeKind.RolloutFinished], await one.KindsAsync());
    }

    [Fact]
    public async Task Who_has_not_seen_the_last_write_decides_nothing()
    {
        await using var world = await RolloutWorld.OpenAsync(await OpenAsync());
        var process = await world.ProcessAsync();
        var seen = await process.Rollouts.StartAsync(RolloutWorld.Name, Plan, RolloutWorld.Ada, Cancellation);
        Assert.True(await process.Book.StoreRolloutAsync(seen with { CanaryRequests = 7 }, null, RolloutWorld.Ada, Cancellation));
        var late = RolloutAdvance.RollBack(seen, seen.StartedAt, "Too late.").Next;
        Assert.False(await process.Book.StoreRolloutAsync(late, RouteChangeKind.RolledBack, RolloutWorld.Ada, Cancellation));
        Assert.Equal((RolloutStatus.Running, 7), (process.Endpoint.Rollout!.Status, process.Endpoint.Rollout.CanaryRequests));
        Assert.Equal([RouteChangeKind.Created, RouteChangeKind.RolloutStarted], await process.KindsAsync());
        Assert.Empty(await AlertsAsync(world));
    }

    [Fact]
    public async Task A_runner_looks_by_its_clock_until_it_is_stopped()
    {
        await using var world = await RolloutWorld.OpenAsync(await OpenAsync());
        var process = await world.ProcessAsync();
        await process.Rollouts.StartAsync(RolloutWorld.Name, Plan with { MaximumStageDuration = TimeSpan.FromSeconds(1) }, RolloutWorld.Ada, Cancellation);
        var expired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.Book.Changed += c =>
        {
            if (c.After!.Rollout!.IsExpired)
            {
                expired.TrySetResult();
            }
        };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var running = process.Runner.RunAsync(stop.Token);
        world.Time.Advance(TimeSpan.FromSeconds(1));
        await expired.Task.WaitAsync(Cancellation);
        await stop.CancelAsync();
        await running;
    }

    private static (string?, double, double) Decision(System.Text.Json.JsonElement verdict) =>
        (verdict.GetProperty("decision").GetString(), verdict.GetProperty("fromPercent").GetDouble(), verdict.GetProperty("toPercent").GetDouble());

    private static async Task<string[]> AlertsAsync(RolloutWorld world) => [.. await world.Registry.Store.ReadAsync(static c => c.QueryAsync<string>("SELECT kind FROM alert"), Cancellation)];
}
