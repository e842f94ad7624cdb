using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Bodies of requests to a variant that is remote and of its answers: sent again, compressed, large, broken off.</summary>
public sealed class RemoteCallBodyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_body_is_sent_again_exactly_where_the_first_instance_cannot_answer()
    {
        var body = RandomNumberGenerator.GetBytes(3_000_000);
        await using var busy = await ScriptedServer.AnsweringAsync("{}", 503);
        await using var broken = await ScriptedServer.StartAsync(static (http, _) =>
        {
            http.Abort();
            return Task.CompletedTask;
        });
        await using var good = await ScriptedServer.AnsweringAsync("{}");
        await using var world = await GatewayWorld.StartAsync(busy.Url, broken.Url, good.Url);
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await world.PostAsync("/v2/models/pizza/infer", body)).StatusCode);
        }

        var sent = busy.Requests.Concat(broken.Requests).Concat(good.Requests).ToList();
        Assert.True(sent.Count > 4, "Nothing was sent again.");
        Assert.All(sent, s => Assert.True(body.AsSpan().SequenceEqual(s.Body), "Another body was sent."));
    }

    [Fact]
    public async Task An_answer_without_a_body_is_passed_on()
    {
        await using var server = await ScriptedServer.StartAsync(static (http, _) =>
        {
            http.Response.StatusCode = 204;
            return Task.CompletedTask;
        });
        await using var world = await GatewayWorld.StartAsync(server.Url);

        Assert.Equal(204, (await world.Host.PostAsync(GatewayWorld.Predict, GatewayWorld.Body)).Status);
    }

    [Fact]
    public async Task A_compressed_request_goes_on_as_it_was_before_and_a_compressed_answer_as_it_is()
    {
        var packed = new MemoryStream();
        await using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(GatewayWorld.Body), Cancellation);
        }

        await using var server = await ScriptedServer.StartAsync(async (http, _) =>
        {
            http.Response.Headers.ContentEncoding = "gzip";
            await http.Response.Body.WriteAsync(packed.ToArray());
        });
        await using var world = await GatewayWorld.StartAsync(server.Url);
        using var request = new HttpRequestMessage(HttpMethod.Post, GatewayWorld.Predict) { Content = new ByteArrayContent(packed.ToArray()) };
        request.Content.Headers.ContentEncoding.Add("gzip");
        request.Headers.AcceptEncoding.ParseAdd("gzip");

        using var response = await world.Client.SendAsync(request, Cancellation);

        var seen = Assert.Single(server.Requests);
        Assert.Equal((GatewayWorld.Body, false, false), (Encoding.UTF8.GetString(seen.Body), seen.Headers.ContainsKey("Content-Encoding"), seen.Headers.ContainsKey("Accept-Encoding")));
        Assert.Equal(packed.ToArray(), await response.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal("gzip", response.Content.Headers.ContentEncoding.Single());
    }

    [Fact]
    public async Task A_request_with_two_lengths_or_a_hidden_second_request_reaches_no_instance()
    {
        await using var server = await ScriptedServer.AnsweringAsync("{}");
        await using var world = await GatewayWorld.StartAsync(server.Url);
        const string Hidden = "0\r\n\r\nPOST /v2/repository/models/x/unload HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
        var lengths = $"POST {GatewayWorld.Predict} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {Hidden.Length}\r\n";

        // What is one body here is one body there.
        Assert.Contains(" 200 ", await RawAsync(world.Host.Url, $"{lengths}\r\n{Hidden}"), StringComparison.Ordinal);
        Assert.Equal(Hidden, Encoding.ASCII.GetString(Assert.Single(server.Requests).Body));
        Assert.DoesNotContain(" 200 ", await RawAsync(world.Host.Url, $"{lengths}Content-Length: 1\r\n\r\n{Hidden}"), StringComparison.Ordinal);
        Assert.All(server.Requests, static s => Assert.Equal("/v1/models/half_plus_two:predict", s.Path));
    }

    [Fact]
    public async Task A_large_answer_is_passed_on_as_it_comes()
    {
        var part = RandomNumberGenerator.GetBytes(2 << 20);
        var gate = new TaskCompletionSource();
        await using var server = await ScriptedServer.StartAsync(async (http, _) =>
        {
            await http.Response.Body.WriteAsync(part);
            await http.Response.Body.FlushAsync();
            await gate.Task;
            await http.Response.Body.WriteAsync(part);
        });
        await using var world = await GatewayWorld.StartAsync(server.Url);
        using var request = new HttpRequestMessage(HttpMethod.Post, GatewayWorld.Predict) { Content = new StringContent("{}") };

        using var response = await world.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        await using var stream = await response.Content.ReadAsStreamAsync(Cancellation);
        var got = new byte[part.Length];
        await stream.ReadExactlyAsync(got, Cancellation);
        Assert.True(part.AsSpan().SequenceEqual(got));
        Assert.Equal(1, world.Remotes.Read()[0].InFlight);
        gate.SetResult();
        await stream.ReadExactlyAsync(got, Cancellation);
        Assert.True(part.AsSpan().SequenceEqual(got));
        Assert.Equal(0, await stream.ReadAsync(got, Cancellation));
    }

    [Fact]
    public async Task A_large_answer_that_breaks_off_does_not_look_whole()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await ScriptedServer.StartAsync(async (http, _) =>
        {
            await http.Response.Body.WriteAsync(new byte[2 << 20]);
            await http.Response.Body.FlushAsync();
            await begun.Task;
            http.Abort();
        });
        await using var world = await GatewayWorld.StartAsync(server.Url);
        using var request = new HttpRequestMessage(HttpMethod.Post, GatewayWorld.Predict) { Content = new StringContent("{}") };

        using var response = await world.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        Assert.Equal(200, (int)response.StatusCode);
        begun.SetResult();
        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.CopyToAsync(Stream.Null, Cancellation));
        Assert.Equal(1, world.Remotes.Read()[0].Failures);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_before_anything_was_sent_on_is_an_error()
    {
        await using var server = await ScriptedServer.StartAsync(static async (http, _) =>
        {
            await http.Response.Body.WriteAsync(new byte[100]);
            await http.Response.Body.FlushAsync();
            http.Abort();
        });
        await using var world = await GatewayWorld.StartAsync(server.Url);
        using var content = new StringContent("{}");

        using var answer = await world.Client.PostAsync(new Uri(GatewayWorld.Predict, UriKind.Relative), content, Cancellation);
        Assert.Equal(503, (int)answer.StatusCode);
        Assert.Equal(1, world.Remotes.Read()[0].Failures);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused_here()
    {
        await using var server = await ScriptedServer.AnsweringAsync("{}");
        await using var world = await GatewayWorld.StartAsync(new RemoteOptions { Urls = [server.Url], MaxRequestBytes = 1024 });

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await world.PostAsync(GatewayWorld.Predict, new byte[1025])).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await world.PostAsync(GatewayWorld.Predict, new byte[1024])).StatusCode);
        Assert.Single(server.Requests);
    }

    private static async Task<string> RawAsync(Uri url, string request)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, url.Port, Cancellation);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), Cancellation);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return await reader.ReadToEndAsync(Cancellation);
    }
}
