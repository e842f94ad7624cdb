using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Requests that are no calls of a method.</summary>
public sealed class GrpcRefusalTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/no.Service/Unary", "There is no service at /no.Service/Unary.")]
    [InlineData("/tarn.test.Echo/Nothing", "tarn.test.Echo has no method Nothing here.")]
    [InlineData("/tarn.test.Echo/unary", "tarn.test.Echo has no method unary here.")]
    [InlineData("/", "There is no service at /.")]
    [InlineData("/tarn.test.Echo/Unary/", "There is no service at /tarn.test.Echo/Unary/.")]
    public async Task What_is_not_there_is_unimplemented(string path, string message)
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo);
        using var reply = await server.Client.CallAsync(path, default, cancellation: Cancelled);
        Assert.Equal((HttpStatusCode.OK, 12, message, true), (reply.Http, reply.Status, reply.Message, reply.IsTrailersOnly));
        Assert.Empty(reply.Messages);
    }

    [Theory]
    [InlineData("application/json", 415)]
    [InlineData("application/grpc-web", 415)]
    [InlineData("application/grpc-web+proto", 415)]
    [InlineData("application/grpc+json", 415)]
    [InlineData("text/plain", 415)]
    [InlineData("application/grpc", 200)]
    [InlineData("application/grpc+proto", 200)]
    [InlineData("application/grpc+proto; charset=utf-8", 200)]
    [InlineData("Application/GRPC", 200)]
    public async Task The_content_type_is_checked(string type, int status)
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo);
        var body = new ByteArrayContent(GrpcClient.Frame([]));
        body.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        using var reply = await server.Client.SendBodyAsync("/tarn.test.Echo/Raw", body, cancellation: Cancelled);
        Assert.Equal((status, status == 200 ? 0 : -1), ((int)reply.Http, reply.Status));
    }

    [Fact]
    public async Task Only_post_calls()
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo);
        using var reply = await server.Client.CallAsync("/tarn.test.Echo/Raw", default, static r => r.Method = HttpMethod.Put, Cancelled);
        Assert.Equal((HttpStatusCode.MethodNotAllowed, -1), (reply.Http, reply.Status));
    }

    [Fact]
    public async Task A_client_that_takes_no_trailers_is_told()
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo);
        using var reply = await server.Client.CallAsync("/tarn.test.Echo/Raw", default, static r => r.Headers.TE.Clear(), Cancelled);
        Assert.Equal((HttpStatusCode.OK, 13), (reply.Http, reply.Status));
        Assert.Contains("te", reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_timeout_that_is_none_is_told()
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo);
        using var reply = await server.Client.CallAsync("/tarn.test.Echo/Raw", default, static r => r.Headers.Add("grpc-timeout", "5 minutes"), Cancelled);
        Assert.Equal(13, reply.Status);
        Assert.Contains("5 minutes", reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HTTP_1_is_asked_to_upgrade()
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo, protocols: HttpProtocols.Http1);
        using var http = new HttpClient();
        using var response = await http.PostAsync(new Uri(server.Url, "/tarn.test.Echo/Raw"), new ByteArrayContent([]), Cancelled);
        Assert.Equal(HttpStatusCode.UpgradeRequired, response.StatusCode);
    }

    [Theory]
    [InlineData(false, "application/grpc", "grpc")]
    [InlineData(false, "application/json", "page")]
    [InlineData(true, "application/grpc", "grpc")]
    [InlineData(true, "application/json", "415")]
    public async Task A_branch_takes_what_is_grpc_and_a_port_takes_all(bool ownPort, string type, string answers)
    {
        await using var server = await GrpcTestServer.StartAsync(GrpcTestServer.Echo, use: (app, grpc) =>
        {
            app.Use(next =>
            {
                RequestDelegate? branch = null;
                return http =>
                {
                    branch ??= new ApplicationBuilder(app.Services).UseGrpc(grpc, ownPort ? http.Connection.LocalPort : null).Use(_ => next).Build();
                    return branch(http);
                };
            });
            app.Run(static http => http.Response.WriteAsync("page"));
        });
        var body = new ByteArrayContent(GrpcClient.Frame(new BytesValue().Value.Span));
        body.Headers.ContentType = new(type);
        using var http = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Url, "/tarn.test.Echo/Raw")) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = body };
        request.Headers.TE.Add(new("trailers"));
        using var response = await http.SendAsync(request, Cancelled);
        var text = await response.Content.ReadAsStringAsync(Cancelled);
        Assert.Equal(answers, response.TrailingHeaders.Contains("grpc-status") ? "grpc" : response.IsSuccessStatusCode ? text : $"{(int)response.StatusCode}");
    }
}
