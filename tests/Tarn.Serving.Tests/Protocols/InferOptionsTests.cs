using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>What a request to infer asks beside its tensors, and what becomes of a request whose client has gone.</summary>
public sealed class InferOptionsTests(ProtocolHost shared) : IClassFixture<ProtocolHost>
{
    [Theory]
    [InlineData("""{"priority":3,"timeout":1500}""", 3, 1500L)]
    [InlineData("""{"timeout":0,"priority":0}""", 0, null)]
    [InlineData("""{"other":{"a":[1]},"timeout":3600000000}""", 0, 3_600_000_000L)]
    [InlineData("""{}""", 0, null)]
    public void Priority_and_timeout_are_taken(string parameters, int priority, long? microseconds)
    {
        var model = shared.Host.Models.Acquire("same_FP32", null, default);
        using var request = model.Rent();
        using var options = InferOptions.Rent(model.Outputs.Length);
        var body = Encoding.UTF8.GetBytes($$"""{"parameters":{{parameters}},"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}""");

        InferBody.Read(body, body.Length, request, options);

        Assert.Equal(priority, request.Priority);
        Assert.Equal(microseconds is { } timeout ? TimeSpan.FromMicroseconds(timeout) : null, request.Timeout);
        model.Release();
    }

    [Fact]
    public async Task Whoever_waits_in_the_queue_learns_that_the_client_has_gone()
    {
        var (came, gone) = (new TaskCompletionSource(), new TaskCompletionSource());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static k => k.Listen(System.Net.IPAddress.Loopback, 0));
        await using var app = builder.Build();
        app.Run(async http =>
        {
            using var registration = RequestBody.Gone(http).Register(gone.SetResult);
            came.SetResult();
            await gone.Task;
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        using (var client = new RawConnection(new Uri(app.Urls.First()), TimeSpan.FromSeconds(60)))
        {
            client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8);
            await came.Task;
            Assert.False(gone.Task.IsCompleted);
        }

        await gone.Task;
    }
}
