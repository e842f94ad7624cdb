using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tarn.Contracts;

/// <summary>A webhook's far end: Kestrel on a free port of this machine.</summary>
public sealed class HttpReceiver : AlertReceiver
{
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebApplication _app = null!;

    private HttpReceiver()
    {
    }

    /// <inheritdoc/>
    public override int Port => Url.Port;

    /// <summary>Its address.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>The headers of the last request.</summary>
    public Dictionary<string, string> Headers { get; private set; } = [];

    /// <summary>Path and query of the last request.</summary>
    public string Target { get; private set; } = "";

    /// <summary>The answer where it is busy: its headers and body.</summary>
    public Action<HttpResponse> BusyAnswer { get; set; } = static answer => answer.Headers.RetryAfter = "7";

    /// <summary>Starts one.</summary>
    public static async Task<HttpReceiver> StartAsync()
    {
        var receiver = new HttpReceiver();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Use(next => async connection =>
        {
            if (receiver.Mood == ReceiverMood.Babbles)
            {
                await connection.Transport.Output.WriteAsync("\u0001\u0002 220 220 blah\r\n\r\n\u0003"u8.ToArray());
                return;
            }

            await next(connection);
        })));
        receiver._app = builder.Build();
        receiver._app.Run(receiver.AnswerAsync);
        await receiver._app.StartAsync();
        receiver.Url = new Uri(receiver._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return receiver;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _end.TrySetResult();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        Headers = http.Request.Headers.ToDictionary(static h => h.Key, static h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        Target = http.Request.Path + http.Request.QueryString;
        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync();
        Arrive();
        switch (Mood)
        {
            case ReceiverMood.Takes:
                Take(body);
                await http.Response.WriteAsync("<html>ok, with a body that nobody asked for</html>");
                break;
            case ReceiverMood.Hangs:
                await Task.WhenAny(_end.Task, Task.Delay(Timeout.Infinite, http.RequestAborted));
                break;
            default:
                http.Response.StatusCode = Mood switch { ReceiverMood.Refuses => 404, ReceiverMood.Busy => 429, _ => 500 };
                if (Mood == ReceiverMood.Busy)
                {
                    BusyAnswer(http.Response);
                }
                else if (Echoes)
                {
                    await http.Response.WriteAsync($"no: POST {Target} {string.Join(' ', Headers.Values)}");
                }

                break;
        }
    }
}
