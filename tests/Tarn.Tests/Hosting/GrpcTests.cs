using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

/// <summary>The host's gRPC port: where it is, who may call, and what is said where it cannot be had.</summary>
public sealed class GrpcTests : IDisposable
{
    private const string Service = "/inference.GRPCInferenceService/";
    private readonly TemporaryDirectory _folder = new();
    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_server_answers_gRPC_beside_HTTP_and_says_where()
    {
        await using var server = new TestServer();
        await server.InitializeAsync();
        var url = new Uri(Assert.Single(server.Host.GrpcUrls));
        Assert.NotEqual(server.Url.Port, url.Port);
        Assert.Equal(url.OriginalString, ServerFile.Read(server.DataDirectory)!.GrpcUrl);
        Assert.Equal(url.OriginalString, (string?)(await server.GetAsync("/api/v1/status"))["grpcUrls"]![0]);

        var live = await CallAsync(url, Service + "ServerLive", []);
        Assert.Equal((0, "0801"), (live.Status, Convert.ToHexString(live.Content)));
        var health = await CallAsync(url, "/grpc.health.v1.Health/Check", []);
        Assert.Equal((0, "0801"), (health.Status, Convert.ToHexString(health.Content)));
        Assert.Equal(5, (await CallAsync(url, Service + "ModelInfer", [0x0A, 1, (byte)'x'])).Status);

        // The file that describes the service; with it all descriptions are made, and compared with what is served.
        var file = await CallAsync(url, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", [0x22, 30, .. "inference.GRPCInferenceService"u8]);
        Assert.Equal(0, file.Status);
        Assert.Contains("ModelStreamInfer", Encoding.Latin1.GetString(file.Content), StringComparison.Ordinal);
        Assert.Equal(12, (await CallAsync(url, "/no.such.Service/Method", [])).Status);
    }

    [Fact]
    public void The_banner_of_up_names_the_port()
    {
        var banner = new StringWriter();
        UpBanner.Write(
            new Terminal { In = TextReader.Null, Out = banner, Error = TextWriter.Null, Width = 200 },
            new StatusView("1", default, default, "/data", ["http://127.0.0.1:8080"], ["http://127.0.0.1:8081"], [], []),
            json: false);
        Assert.Contains("  gRPC     http://127.0.0.1:8081", banner.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Callers_authenticate_by_metadata_and_a_narrowed_key_asks_its_models_only()
    {
        await using var server = await SecuredServer.StartAsync();
        var url = new Uri(Assert.Single(server.Host.GrpcUrls));
        var (viewer, kiosk) = (await server.KeyAsync("viewer", new { role = "viewer" }), await server.KeyAsync("kiosk", new { role = "operator", endpoints = new[] { "pizza" } }));
        byte[] pizza = [0x0A, 5, .. "pizza"u8], other = [0x0A, 5, .. "other"u8];

        Assert.Equal(0, (await CallAsync(url, Service + "ServerLive", [])).Status);
        Assert.Equal(0, (await CallAsync(url, "/grpc.health.v1.Health/Check", [])).Status);
        var nobody = await CallAsync(url, Service + "ModelInfer", pizza);
        Assert.Equal(16, nobody.Status);
        Assert.Contains("Authorization: Bearer", nobody.Message, StringComparison.Ordinal);
        Assert.Equal(16, (await CallAsync(url, Service + "ModelInfer", pizza, "tarn_no_such")).Status);
        Assert.Equal(7, (await CallAsync(url, Service + "ModelInfer", pizza, viewer)).Status);
        Assert.Equal(0, (await CallAsync(url, Service + "ServerMetadata", [], viewer)).Status);
        Assert.Equal(7, (await CallAsync(url, Service + "RepositoryModelUnload", other, viewer)).Status);

        // There is no such model; whoever may ask is told so.
        Assert.Equal(5, (await CallAsync(url, Service + "ModelInfer", pizza, kiosk)).Status);
        var refused = await CallAsync(url, Service + "ModelInfer", other, kiosk);
        Assert.Equal(7, refused.Status);
        Assert.Contains("is only for pizza", refused.Message, StringComparison.Ordinal);
        Assert.Equal(7, (await CallAsync(url, Service + "ModelStatistics", [], kiosk)).Status);
        Assert.Equal(7, (await CallAsync(url, Service + "RepositoryIndex", [], kiosk)).Status);
        Assert.Equal(7, (await CallAsync(url, Service + "RepositoryModelUnload", [0x12, 5, .. "other"u8], kiosk)).Status);
        Assert.Equal(5, (await CallAsync(url, Service + "RepositoryModelUnload", [0x12, 5, .. "pizza"u8], kiosk)).Status);
        Assert.Contains(await server.AuditAsync(), static e => (string?)e!["path"] == Service + "RepositoryModelUnload" && (int?)e["status"] == 404);
    }

    [Fact]
    public async Task Without_gRPC_there_is_no_port_of_it()
    {
        await using var server = await SecuredServer.StartAsync(("Serving:GrpcUrls", "none"), ("Security:Authentication", "none"));
        Assert.Empty(server.Host.GrpcUrls);
        Assert.Null(ServerFile.Read(server.DataDirectory)!.GrpcUrl);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named_with_what_to_do()
    {
        using var taken = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        var run = new TestRun { DataDirectory = _folder.Combine("data") };
        Assert.Equal(1, await run.RunAsync("up", "--urls", "http://127.0.0.1:0", "--set", $"Serving:GrpcUrls=http://127.0.0.1:{port}"));
        Assert.Contains($"Port {port}, where gRPC is to be answered, is taken by another program.", run.Errors.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Contains("Serving:GrpcUrls=none", run.Errors, StringComparison.Ordinal);
    }

    private async Task<(int Status, string Message, byte[] Content)> CallAsync(Uri server, string path, byte[] message, string? key = null)
    {
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, path)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(frame) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new("trailers"));
        if (key is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        var content = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        string Told(string name) => answer.Headers.TryGetValues(name, out var alone) ? alone.Single() : answer.TrailingHeaders.TryGetValues(name, out var last) ? last.Single() : "";
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{path}: {answer.StatusCode} {Encoding.UTF8.GetString(content)}");
        return (int.Parse(Told("grpc-status"), CultureInfo.InvariantCulture), Uri.UnescapeDataString(Told("grpc-message")), content.Length < 5 ? [] : content[5..]);
    }
}
