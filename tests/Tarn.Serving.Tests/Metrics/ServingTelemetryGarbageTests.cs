using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>What is counted and noted of a request makes no garbage, with nobody listening.</summary>
[Collection(Alone.Name)]
public sealed class ServingTelemetryGarbageTests
{
    [Theory]
    [InlineData(AccessLogLevel.Off)]
    [InlineData(AccessLogLevel.Errors)]
    public async Task A_request_that_is_counted_allocates_nothing(AccessLogLevel level)
    {
        using var folder = new TemporaryDirectory(inMemory: true);
        TestModels.Write(folder.Path, "dense", 1, TestModels.Dense());
        await using var models = new ModelServer([new FolderModelSource(folder.Path)], new ServingOptions(), 2, TimeProvider.System, NullLoggerFactory.Instance);
        await models.StartAsync(TestContext.Current.CancellationToken);
        await using var access = new AccessLog(new AccessLogOptions(level), new AccessLines());
        var requests = new ServedRequests(TimeProvider.System, access);
        var front = new ServingFront(models, new ServingInfo("1"));
        var http = new DefaultHttpContext();
        http.Request.Method = "POST";
        http.Request.Path = "/v1/models/dense:predict";
        http.Request.Headers.TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        Assert.False(ServingTelemetry.IsTraced);
        Serve(requests, front, http, 300);

        var served = 300;
        Assert.Equal(0, Garbage.LeastOf(() =>
        {
            Serve(requests, front, http, 1000);
            served += 1000;
        }));
        Assert.Equal(served, models.Table.Get("dense").Default!.Stats.Succeeded);
        Assert.Equal(served, models.Table.Get("dense").Default!.Stats.Computed.Total());
    }

    private static void Serve(ServedRequests requests, ServingFront front, HttpContext http, int times)
    {
        ReadOnlySpan<float> values = [1, 2, 3, 4];
        for (var i = 0; i < times; i++)
        {
            var noted = requests.Begin(http);
            using (var chosen = front.Choose(http, "dense", default, default))
            using (var request = chosen.Model.Rent<float>([1, 4], values))
            {
                request.RecordRead(chosen.Model.Now());
                Assert.True(request.RunAsync().IsCompletedSuccessfully);
                front.Finish(chosen, request, http, "tensorflow");
            }

            Assert.True(requests.Watch(http, noted, default).IsCompletedSuccessfully);
        }
    }
}
