using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tarn.S3.Tests;

/// <summary>What a <see cref="FaultProxy"/> does with a request.</summary>
public enum ProxyFault
{
    /// <summary>Hands it on, and the answer back.</summary>
    None,

    /// <summary>Breaks the connection; the server sees nothing.</summary>
    CutBefore,

    /// <summary>Breaks the connection after half of the body; the server sees half a request.</summary>
    CutDuring,

    /// <summary>Breaks the connection when the server has answered.</summary>
    CutAfter,

    /// <summary>Hands on the head of the answer and half its body, and breaks the connection.</summary>
    CutAnswer,

    /// <summary>Answers 503 SlowDown; the server sees nothing.</summary>
    SlowDown,

    /// <summary>Answers 500 InternalError when the server has answered otherwise.</summary>
    ErrorAfter,

    /// <summary>Answers 409 ConditionalRequestConflict; the server sees nothing.</summary>
    Conflict,

    /// <summary>Does not answer until the client gives up; then the server sees the request.</summary>
    Late,

    /// <summary>The server sees the request; its answer does not come until the client gives up.</summary>
    Silent,

    /// <summary>Sends the request to the server twice and hands the second answer back, as a gateway that tries again does.</summary>
    Twice,
}

/// <summary>A request as the proxy sees it.</summary>
public sealed record ProxyRequest(string Method, string Target, bool IsConditional);

/// <summary>Stands between the store and the server and does what networks do.</summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _server;

    private FaultProxy(WebApplication app, HttpClient server)
    {
        _app = app;
        _server = server;
    }

    /// <summary>What is done with a request; nothing by default. May be set anew at any time.</summary>
    public Func<ProxyRequest, ProxyFault> Decide { get; set; } = static _ => ProxyFault.None;

    /// <summary>An answer to give instead of the server's: status, code and message of S3's error.</summary>
    public Func<ProxyRequest, (int Status, string Code)?> Refuse { get; set; } = static _ => null;

    /// <summary>Whether <c>If-None-Match</c> is taken off requests, as a server does that does not know it.</summary>
    public bool DropConditions { get; set; }

    /// <summary>Every request so far, with what was done with it.</summary>
    public ConcurrentQueue<(ProxyRequest Request, ProxyFault Fault)> Requests { get; } = [];

    public string Endpoint { get; private set; } = "";

    /// <summary>How many requests were answered with a fault.</summary>
    public int Faults => Requests.Count(static r => r.Fault != ProxyFault.None);

    public static async Task<FaultProxy> StartAsync(Uri server)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static k =>
        {
            k.Listen(System.Net.IPAddress.Loopback, 0);
            k.Limits.MaxRequestBodySize = null;
        });
        var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = server };
        var proxy = new FaultProxy(builder.Build(), http);
        proxy._app.Run(proxy.HandleAsync);
        await proxy._app.StartAsync();
        proxy.Endpoint = proxy._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        _server.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var request = new ProxyRequest(context.Request.Method, target, context.Request.Headers.ContainsKey("If-None-Match"));
        if (Refuse(request) is var (status, code))
        {
            Requests.Enqueue((request, ProxyFault.SlowDown));
            await AnswerAsync(context, status, code);
            return;
        }

        var fault = Decide(request);
        Requests.Enqueue((request, fault));
        using var body = new MemoryStream();
        if (fault is not ProxyFault.CutBefore)
        {
            await context.Request.Body.CopyToAsync(body);
        }

        switch (fault)
        {
            case ProxyFault.CutBefore:
                context.Abort();
                return;
            case ProxyFault.CutDuring:
                await SendHalfAsync(context, target, body.ToArray());
                context.Abort();
                return;
            case ProxyFault.SlowDown:
                await AnswerAsync(context, 503, "SlowDown");
                return;
            case ProxyFault.Conflict:
                await AnswerAsync(context, 409, "ConditionalRequestConflict");
                return;
            case ProxyFault.Late:
                await GivenUpAsync(context);
                (await SendAsync(context, target, body.ToArray())).Dispose();
                return;
        }

        using var answer = await SendAsync(context, target, body.ToArray());
        switch (fault)
        {
            case ProxyFault.CutAfter:
                context.Abort();
                return;
            case ProxyFault.Silent:
                await GivenUpAsync(context);
                return;
            case ProxyFault.ErrorAfter:
                await AnswerAsync(context, 500, "InternalError");
                return;
            case ProxyFault.Twice:
                using (var second = await SendAsync(context, target, body.ToArray()))
                {
                    await HandBackAsync(context, second, cut: false);
                }

                return;
            default:
                await HandBackAsync(context, answer, cut: fault == ProxyFault.CutAnswer);
                return;
        }
    }

    private static async Task GivenUpAsync(HttpContext context)
    {
        var givenUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (context.RequestAborted.Register(givenUp.SetResult))
        {
            await givenUp.Task;
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpContext context, string target, byte[] body)
    {
        using var request = Copy(context, target, new ByteArrayContent(body));
        var answer = await _server.SendAsync(request);
        await answer.Content.LoadIntoBufferAsync();
        return answer;
    }

    /// <summary>The server gets the head and half of the body, and then the connection breaks.</summary>
    private async Task SendHalfAsync(HttpContext context, string target, byte[] body)
    {
        using var tcp = new System.Net.Sockets.TcpClient();
        await tcp.ConnectAsync(_server.BaseAddress!.Host, _server.BaseAddress.Port);
        var head = $"{context.Request.Method} {target} HTTP/1.1\r\n" + string.Concat(context.Request.Headers.Select(static h => $"{h.Key}: {h.Value}\r\n")) + "\r\n";
        await tcp.GetStream().WriteAsync(System.Text.Encoding.Latin1.GetBytes(head));
        await tcp.GetStream().WriteAsync(body.AsMemory(0, body.Length / 2));
    }

    private HttpRequestMessage Copy(HttpContext context, string target, HttpContent content)
    {
        // The path goes on as it came: with its own escapes.
        var uri = new Uri(_server.BaseAddress!.GetLeftPart(UriPartial.Authority) + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), uri);
        if (context.Request.Method is "PUT" or "POST")
        {
            request.Content = content;
        }

        foreach (var (name, values) in context.Request.Headers)
        {
            if (DropConditions && name == "If-None-Match")
            {
                continue;
            }

            if (name is not ("Host" or "Connection" or "Content-Length" or "Transfer-Encoding" or "Expect") && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        return request;
    }

    private static async Task HandBackAsync(HttpContext context, HttpResponseMessage answer, bool cut)
    {
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (name is not ("Connection" or "Transfer-Encoding" or "Server" or "Date" or "Content-Length"))
            {
                context.Response.Headers[name] = values.ToArray();
            }
        }

        var bytes = await answer.Content.ReadAsByteArrayAsync();
        context.Response.ContentLength = context.Request.Method == "HEAD" ? answer.Content.Headers.ContentLength : bytes.Length;
        if (cut)
        {
            await context.Response.Body.WriteAsync(bytes.AsMemory(0, bytes.Length / 2));
            await context.Response.Body.FlushAsync();
            context.Abort();
        }
        else if (context.Request.Method != "HEAD")
        {
            await context.Response.Body.WriteAsync(bytes);
        }
    }

    private static async Task AnswerAsync(HttpContext context, int status, string code)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/xml";
        await context.Response.WriteAsync($"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>As the test wants it.</Message><RequestId>1</RequestId></Error>");
    }
}
