using System.Text;
using Xunit;

namespace Tarn.Serving.Tests;

/// <summary>Errors in the form that each protocol's clients read, byte for byte, whether a request fails at once or later.</summary>
public sealed class ProtocolErrorTests(ProtocolHost shared) : IClassFixture<ProtocolHost>
{
    private readonly ServingHost _host = shared.Host;

    [Theory]
    [InlineData("/v1/models/sum:predict", """{"error":"The request is HTTP as announced. (value: This path answers POST, not GET.)"}""")]
    [InlineData("/v2/models/sum/infer", """{"error":"The request is HTTP as announced. (value: This path answers POST, not GET.)"}""")]
    [InlineData("/v1/endpoints/none/predict", """{"error":"The request is HTTP as announced. (value: This path answers POST, not GET.)"}""")]
    [InlineData("/v1/endpoints/sum/invocations", """{"error_code":"BAD_REQUEST","message":"The request is HTTP as announced. (value: This path answers POST, not GET.)"}""")]
    public async Task A_wrong_method_is_refused_in_the_protocols_form(string path, string expected)
    {
        var (status, body, answer) = await _host.GetAsync(path);

        Assert.Equal((405, expected, "POST"), (status, body, string.Join(',', answer.Content.Headers.Allow)));
    }

    [Theory]
    [InlineData("/v1/endpoints/none/predict", """{"error":"There is an endpoint of this name. (value: none) There is none: make one."}""")]
    [InlineData("/v1/endpoints/none", """{"error":"A path of an endpoint is /v1/endpoints/NAME/predict, /feedback or /invocations. (value: /v1/endpoints/none) Correct the path; /api/v1/endpoints has the endpoints themselves."}""")]
    [InlineData("/v1/models/sum:explain", """{"error":"A path of this API is /v1/models/NAME[/versions/N|/labels/L][:predict|:classify|:regress|/metadata]. (value: /v1/models/sum:explain) Correct the path."}""")]
    public async Task What_there_is_not_is_said_in_the_protocols_form(string path, string expected)
    {
        var (status, body, _) = await _host.PostAsync(path, "{}");

        Assert.Equal((404, expected), (status, body));
    }

    [Theory]
    [InlineData("/v1/models/sum:predict", """{"error":"The request is HTTP as announced. (value: Bad chunk size data.)"}""")]
    [InlineData("/v2/models/sum/infer", """{"error":"The request is HTTP as announced. (value: Bad chunk size data.)"}""")]
    [InlineData("/v1/endpoints/sum/invocations", """{"error_code":"BAD_REQUEST","message":"The request is HTTP as announced. (value: Bad chunk size data.)"}""")]
    public void A_body_that_turns_out_wrong_while_it_is_read_is_refused_in_the_protocols_form(string path, string expected)
    {
        using var connection = new RawConnection(_host.Url, TimeSpan.FromSeconds(60));
        connection.Send(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: {_host.Url.Authority}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{{\r\n"));
        connection.Send("no size\r\n"u8);

        Assert.Equal((400, expected), (connection.Receive(isHead: false), connection.Text()));
    }
}
