using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Tarn.Postgres;
using Tarn.Postgres.Tests;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresCluster))]

namespace Tarn.Training.Tests;

/// <summary>Where a test's trials are kept.</summary>
public enum TrialPlace
{
    Memory,
    Sqlite,
    Postgres,
}

/// <summary>What every store of trials promises, in memory and in both metadata stores.</summary>
public sealed class TrialStoreTests(PostgresCluster cluster) : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tarn-trials-");
    private MetadataStore? _metadata;

    private static readonly SearchSpace Space = new SearchSpace().Choice("head", "linear", "mlp").Float("rate", 1e-4, 1, log: true).When("head", "mlp", static s => s.Int("hidden", 8, 64));

    public static TheoryData<TrialPlace> Places => [.. Enum.GetValues<TrialPlace>()];

    public async ValueTask DisposeAsync()
    {
        if (_metadata is not null)
        {
            await _metadata.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(TrialPlace.Memory, TunerMethod.Tpe)]
    [InlineData(TrialPlace.Sqlite, TunerMethod.Tpe)]
    [InlineData(TrialPlace.Sqlite, TunerMethod.Hyperband)]
    [InlineData(TrialPlace.Postgres, TunerMethod.Hyperband)]
    [InlineData(TrialPlace.Memory, TunerMethod.SuccessiveHalving)]
    public async Task A_search_that_was_interrupted_comes_out_as_one_that_was_not(TrialPlace place, TunerMethod method)
    {
        var options = new TunerOptions { Method = method, Trials = 30, MaximumBudget = 9, Seed = 4, Goal = TunerGoal.Minimise };
        var whole = await new Tuner(Space, options).RunAsync(Objective, TestContext.Current.CancellationToken);
        var store = await StoreAsync(place);
        using var stop = new CancellationTokenSource();
        var calls = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Tuner(Space, options, store, "pizza").RunAsync(
            (trial, token) =>
            {
                // The process dies in the midst of the 17th call.
                if (++calls == 17)
                {
                    stop.Cancel();
                    token.ThrowIfCancellationRequested();
                }

                return Objective(trial, token);
            },
            stop.Token));
        var resumed = await new Tuner(Space, options, await StoreAsync(place, store), "pizza").RunAsync(Objective, TestContext.Current.CancellationToken);
        Assert.Equal(string.Join("\n", whole.Trials), string.Join("\n", resumed.Trials));
        Assert.Equal((16, whole.Evaluations), (resumed.Resumed, resumed.Evaluations));
        Assert.Equal(whole.Best!.ToString(), resumed.Best!.ToString());
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_failure_is_kept_with_its_reason_and_tried_again_when_asked(TrialPlace place)
    {
        var store = await StoreAsync(place);
        var options = new TunerOptions { Method = TunerMethod.Random, Trials = 6 };
        static Task<double> Failing(TrialContext trial, CancellationToken token) => trial.Number switch
        {
            1 => throw TarnException.InvalidInput("A backbone is there.", "xception"),
            2 => Task.FromResult(double.NaN),
            3 => throw new OperationCanceledException("of its own"),
            _ => Task.FromResult(1.0 + trial.Number),
        };
        var result = await new Tuner(Space, options, store).RunAsync(Failing, TestContext.Current.CancellationToken);
        Assert.Equal([1, 2, 3], result.Trials.Where(static t => t.State == TrialState.Failed).Select(static t => t.Number));
        Assert.Equal("A backbone is there. (value: xception)", result.Trials[1].Reason);
        Assert.Contains("NaN", result.Trials[2].Reason, StringComparison.Ordinal);
        Assert.Equal(5, result.Best!.Number);

        var again = await new Tuner(Space, options, await StoreAsync(place, store)).RunAsync(Failing, TestContext.Current.CancellationToken);
        Assert.Equal((6, result.Trials[1].Reason), (again.Resumed, again.Trials[1].Reason));
        var mended = await new Tuner(Space, options with { RetryFailed = true }, await StoreAsync(place, store)).RunAsync(Objective, TestContext.Current.CancellationToken);
        Assert.Equal(3, mended.Resumed);
        Assert.All(mended.Trials, static t => Assert.Equal(TrialState.Completed, t.State));
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_study_keeps_its_definition_and_may_become_longer(TrialPlace place)
    {
        var store = await StoreAsync(place);
        var options = new TunerOptions { Trials = 12 };
        await new Tuner(Space, options, store, "s").RunAsync(Objective, TestContext.Current.CancellationToken);
        var longer = await new Tuner(Space, options with { Trials = 15 }, store, "s").RunAsync(Objective, TestContext.Current.CancellationToken);
        Assert.Equal((12, 15), (longer.Resumed, longer.Evaluations));
        foreach (var other in new[] { new Tuner(Space, options with { Seed = 1 }, store, "s"), new Tuner(Space.Int("more", 0, 1), options, store, "s") })
        {
            var error = await Assert.ThrowsAsync<TarnException>(() => other.RunAsync(Objective, TestContext.Current.CancellationToken));
            Assert.Equal((ErrorKind.Conflict, "s"), (error.Kind, error.Value));
        }

        Assert.Equal(0, (await new Tuner(Space, options with { Seed = 1 }, store, "t").RunAsync(Objective, TestContext.Current.CancellationToken)).Resumed);
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task What_is_kept_is_given_back(TrialPlace place)
    {
        var store = await StoreAsync(place);
        var parameters = TrialParameters.FromJson("""{"head":"mlp","hidden":8,"rate":0.25}""");
        var cancellation = TestContext.Current.CancellationToken;
        Assert.Empty(await store.OpenAsync("s", "d", cancellation));
        await store.SaveAsync("s", new TrialEvaluation(3, 0, 1.5, parameters, 0.1 + 0.2, null, [1, 2, 0]), cancellation);
        await store.SaveAsync("s", new TrialEvaluation(2, 0, 1.5, parameters, null, "too large: \u00e9", null), cancellation);
        var read = await store.OpenAsync("s", "d", cancellation);
        Assert.Equal([2, 3], read.Select(static e => e.Trial));
        Assert.Equal((null, "too large: \u00e9", 1.5), (read[0].Value, read[0].Reason, read[0].Budget));
        Assert.Equal((0.1 + 0.2, parameters.ToJson()), (read[1].Value, read[1].Parameters.ToJson()));
        Assert.Equal([1, 2, 0], read[1].Checkpoint!);
    }

    private static Task<double> Objective(TrialContext trial, CancellationToken cancellation)
    {
        var p = trial.Parameters;
        trial.Keep([.. trial.Checkpoint ?? [], (byte)trial.Rung]);
        var kept = trial.Checkpoint?.Length ?? 0;
        return Task.FromResult(Math.Abs(Math.Log10(p.Float("rate")) + 2) + (p.Has("hidden") ? p.Int("hidden") / 64.0 : 0.7) + ((trial.Seed & 7) / 1000.0) + ((kept == trial.Rung ? 1 : 2) / trial.Budget));
    }

    // A store in memory is itself what is left of an earlier run; one in the metadata is opened anew.
    private async Task<TrialStore> StoreAsync(TrialPlace place, TrialStore? before = null)
    {
        if (place == TrialPlace.Memory)
        {
            return before ?? TrialStore.InMemory();
        }

        _metadata ??= place == TrialPlace.Sqlite
            ? MetadataStore.Open(Path.Combine(_folder.FullName, "meta.db"), TimeProvider.System, NullLoggerFactory.Instance)
            : await PostgresMetadataStore.OpenAsync(
                await cluster.RequireAsync(), PostgresTestOptions.Patient, TimeProvider.System, IdSource.Create(TimeProvider.System), NullLoggerFactory.Instance);
        return TrialStore.In(_metadata);
    }
}
