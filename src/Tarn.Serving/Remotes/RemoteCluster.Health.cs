using System.Globalization;

namespace Tarn.Serving;

/// <content>Asks the instances whether they can answer.</content>
internal sealed partial class RemoteCluster
{
    private const int MostFailedChecks = 2;

    private static readonly TimeSpan MostPatience = TimeSpan.FromSeconds(2);

    /// <summary>Asks until it is stopped.</summary>
    public async Task FollowAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Options.HealthInterval, _time);
        try
        {
            do
            {
                await CheckAsync(stop).ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return;
        }
    }

    /// <summary>Asks each instance once, and looks for those that are slow.</summary>
    public async Task CheckAsync(CancellationToken stop)
    {
        await Task.WhenAll(_instances.Select(i => CheckAsync(i, stop))).ConfigureAwait(false);
        LookForSlow();
    }

    private async Task CheckAsync(RemoteInstance instance, CancellationToken stop)
    {
        var problem = await ProblemOfAsync(instance, stop).ConfigureAwait(false);
        lock (_gate)
        {
            instance.FailedChecks = problem is null ? 0 : instance.FailedChecks + 1;
            instance.HealthProblem = problem;
            if (problem is null && !instance.IsHealthy)
            {
                instance.IsHealthy = true;
                RemoteEvents.Healthy(_log, Name, instance.Url);
            }
            else if (instance.FailedChecks >= MostFailedChecks && instance.IsHealthy)
            {
                instance.IsHealthy = false;
                RemoteEvents.Unhealthy(_log, Name, instance.Url, problem!);
            }
        }
    }

    private async Task<string?> ProblemOfAsync(RemoteInstance instance, CancellationToken stop)
    {
        using var patience = new CancellationTokenSource(MostPatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stop);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, instance.Url + Options.HealthPath);
            RemoteHeaders.AddKey(request, Options);
            using var answer = await SendAsync(request, either.Token).ConfigureAwait(false);
            return answer.IsSuccessStatusCode ? null : string.Create(CultureInfo.InvariantCulture, $"{Options.HealthPath} answers {(int)answer.StatusCode}");
        }
        catch (HttpRequestException error)
        {
            return RemoteHttp.Describe(error);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return $"{Options.HealthPath} does not answer";
        }
    }
}
