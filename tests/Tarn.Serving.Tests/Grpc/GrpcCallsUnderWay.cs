using Microsoft.AspNetCore.Http;

namespace Tarn.Serving.Tests;

/// <summary>Counts the calls that a server works on.</summary>
internal sealed class GrpcCallsUnderWay
{
    private readonly Lock _gate = new();
    private readonly List<TaskCompletionSource> _waiting = [];
    private int _count;

    public async Task RunAsync(RequestDelegate server, HttpContext http)
    {
        lock (_gate)
        {
            _count++;
        }

        try
        {
            await server(http);
        }
        finally
        {
            End();
        }
    }

    /// <summary>Ends when there is none.</summary>
    public Task WhenNoneAsync()
    {
        lock (_gate)
        {
            if (_count == 0)
            {
                return Task.CompletedTask;
            }

            var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add(waiting);
            return waiting.Task;
        }
    }

    private void End()
    {
        lock (_gate)
        {
            if (--_count == 0)
            {
                _waiting.ForEach(static w => w.SetResult());
                _waiting.Clear();
            }
        }
    }
}
