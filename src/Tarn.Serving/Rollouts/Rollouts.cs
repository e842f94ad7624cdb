using System.Globalization;
using Tarn.Core;
using Tarn.Registry;

namespace Tarn.Serving;

/// <summary>What operators do with rollouts: start, pause, resume, abort. A <see cref="RolloutRunner"/> takes them from stage to stage. Safe for use from several threads.</summary>
public sealed class Rollouts
{
    private readonly EndpointBook _book;
    private readonly RegisteredModels _models;

    /// <summary>The rollouts of a book's endpoints.</summary>
    /// <param name="book">The endpoints.</param>
    /// <param name="models">The models whose versions are rolled out.</param>
    public Rollouts(EndpointBook book, RegisteredModels models) => (_book, _models) = (book, models);

    /// <summary>Starts a rollout: the canary gets the first stage's share at once.</summary>
    /// <param name="endpoint">The endpoint's name. Of its variants only the plan's control has a weight over 0.</param>
    /// <param name="plan">How it goes.</param>
    /// <param name="change">Who starts it, and why.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <exception cref="TarnException">
    /// The plan breaks rules, there is no such endpoint, model or version, the endpoint is not at the expected revision or not ready, it has a rollout that goes on, or the canary is the
    /// control's version.
    /// </exception>
    public async Task<Rollout> StartAsync(string endpoint, RolloutPlan plan, RouteChange change, CancellationToken cancellation = default)
    {
        plan.Check();
        change.Check();
        var (model, route) = (_book.Get(endpoint).Model, _book.Get(endpoint).Route);
        var canary = await VersionAsync(model, plan.Canary, cancellation);
        var champion = (await _models.FindByAliasAsync(model, RegisteredModels.Champion, cancellation))?.Version ?? 0;
        if (route.Find(plan.Control)?.Target is { } control && await FindVersionAsync(model, control, cancellation) == canary)
        {
            throw TarnException.InvalidInput(
                $"A canary is another version than the control, which is {control}.", canary.ToString(CultureInfo.InvariantCulture), "Name the version that is to take over.");
        }

        var pinned = plan with { Canary = VariantTarget.OfVersion(canary) };
        return (await _book.BeginRolloutAsync(endpoint, pinned, plan.OnSuccess == RolloutSuccess.PromoteChampion ? champion : null, change, cancellation)).Rollout!;
    }

    /// <summary>Halts a rollout: the split stays, the stage's time stands still, and nothing that happens is evidence, neither for nor against.</summary>
    /// <exception cref="TarnException">No rollout of the endpoint is running.</exception>
    public async Task<Rollout> PauseAsync(string endpoint, RouteChange change, CancellationToken cancellation = default) => (await _book.ChangeRolloutAsync(
        endpoint,
        RouteChangeKind.RolloutPaused,
        change,
        static (rollout, now) => Require(rollout, RolloutStatus.Running) with { Status = RolloutStatus.Paused, PausedAt = now },
        cancellation)).Rollout!;

    /// <summary>Lets a rollout that was halted go on, in its stage, with the evidence that it had.</summary>
    /// <exception cref="TarnException">No rollout of the endpoint is paused.</exception>
    public async Task<Rollout> ResumeAsync(string endpoint, RouteChange change, CancellationToken cancellation = default) => (await _book.ChangeRolloutAsync(
        endpoint,
        RouteChangeKind.RolloutResumed,
        change,
        static (rollout, now) => Require(rollout, RolloutStatus.Paused) with
        {
            Status = RolloutStatus.Running,
            PausedAt = null,
            StageStartedAt = rollout.StageStartedAt + (now > rollout.PausedAt ? now - rollout.PausedAt.Value : TimeSpan.Zero),
        },
        cancellation)).Rollout!;

    /// <summary>Ends a rollout: everything goes back to the control at once.</summary>
    /// <exception cref="TarnException">The endpoint has none that is running or paused.</exception>
    public async Task<Rollout> AbortAsync(string endpoint, RouteChange change, CancellationToken cancellation = default)
    {
        await _book.ChangeRolloutAsync(
            endpoint,
            RouteChangeKind.RolloutAborted,
            change,
            (rollout, now) => rollout.Status == RolloutStatus.Promoting
                ? Require(rollout, RolloutStatus.Running)
                : rollout with { Status = RolloutStatus.Aborted, EndedAt = now, PausedAt = null, Reason = change.Reason },
            cancellation);
        return (await _book.ListRolloutsAsync(endpoint, null, 1, cancellation))[0];
    }

    private static Rollout Require(Rollout rollout, RolloutStatus status) => rollout.Status == status ? rollout : throw TarnException.Conflict(
        $"The rollout of {rollout.Endpoint} is {StoredNames.Write(status)} when this is asked of it.", StoredNames.Write(rollout.Status), "Look again, and decide again.");

    private async Task<long> VersionAsync(string model, VariantTarget target, CancellationToken cancellation) => await FindVersionAsync(model, target, cancellation)
        ?? throw TarnException.NotFound($"The canary is a version of the model {model}.", target.ToString(), "See the model's versions and aliases.");

    private async Task<long?> FindVersionAsync(string model, VariantTarget target, CancellationToken cancellation) => target.Version is { } version
        ? (await _models.GetVersionAsync(model, version, cancellation)).Version
        : (await _models.FindByAliasAsync(model, target.Alias!, cancellation))?.Version;
}
