using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Serialization;
using Tarn.Core;

namespace Tarn;

/// <summary>What <c>predict</c> asks of endpoints.</summary>
internal static class EndpointQuestions
{
    /// <summary>The endpoint of a name, in a running server; null where there is none: a verb's own host serves none.</summary>
    public static async Task<EndpointView?> FindAsync(VerbCall call, string name)
    {
        if (call.IsOwnHost)
        {
            return null;
        }

        try
        {
            return VerbCall.Read(await call.Api.GetBytesAsync(EndpointVerbs.Path(name), call.Cancellation).ConfigureAwait(false), ApiJson.Default.EndpointView);
        }
        catch (TarnException error) when (error.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }

    /// <summary>Sends JSON as it is, and prints the answer.</summary>
    public static async Task<int> SendAsync(VerbCall call, string endpoint, string folder, string file)
    {
        EndpointVerbs.NeedServer(call);
        using var content = new StringContent(await ReadAsync(call, folder, file).ConfigureAwait(false));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        call.PrintJson(await call.Api.PostContentAsync($"/v1/endpoints/{VerbCall.Escape(endpoint)}/predict", content, call.Cancellation).ConfigureAwait(false));
        return 0;
    }

    /// <summary>The lines of some pictures, in their order.</summary>
    public static async Task<IReadOnlyList<PredictionView>> AskAsync(VerbCall call, EndpointView endpoint, List<(string Name, byte[]? Content, TarnException? Error)> batch)
    {
        var readable = batch.Where(static f => f.Content is not null).ToList();
        var answers = readable.Count == 0 ? [] : await AskAsync(call, endpoint, readable.ConvertAll(static f => f.Content!)).ConfigureAwait(false);
        var answered = 0;
        return [.. batch.Select(f => f.Content is null ? PredictVerb.Unread(f.Name, f.Error!, endpoint.Model, 0) : answers[answered++] with { File = f.Name })];
    }

    private static async Task<string> ReadAsync(VerbCall call, string folder, string file)
    {
        if (file == "-")
        {
            return await call.Terminal.In.ReadToEndAsync(call.Cancellation).ConfigureAwait(false);
        }

        try
        {
            return await File.ReadAllTextAsync(Path.GetFullPath(file, folder), call.Cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TarnException(ErrorKind.InvalidInput, $"--input names a file that can be read: {error.Message}", file, "Correct the path, or give - and the JSON on standard input.", error);
        }
    }

    private static async Task<IReadOnlyList<PredictionView>> AskAsync(VerbCall call, EndpointView endpoint, List<byte[]> pictures)
    {
        using var form = new MultipartFormDataContent();
        foreach (var picture in pictures)
        {
            // The name is not sent: the answers come in the order of the files.
            form.Add(new ByteArrayContent(picture), "image", "image");
        }

        EndpointAnswer answer;
        try
        {
            answer = VerbCall.Read(await call.Api.PostContentAsync(endpoint.Url, form, call.Cancellation).ConfigureAwait(false), EndpointAnswerJson.Default.EndpointAnswer);
        }
        catch (TarnException error) when (error.Kind == ErrorKind.InvalidInput && pictures.Count == 1)
        {
            // One picture is answered by itself, and an error with it.
            return [PredictVerb.Unread("", error, endpoint.Model, 0)];
        }

        var version = long.Parse(answer.ModelVersion, CultureInfo.InvariantCulture);
        return [.. (answer.Predictions ?? [answer]).Select(p => new PredictionView
        {
            File = "",
            Label = p.Label,
            Probability = p.Probability,
            Scores = p.Scores,
            Error = p.Error,
            Remedy = p.Remedy,
            Model = answer.Model,
            ModelVersion = version,
            Variant = answer.Variant,
            PredictionId = p.PredictionId,
            Synthetic = endpoint.Synthetic == true,
        })];
    }
}

/// <summary>What an endpoint says of a picture.</summary>
internal record PictureAnswer
{
    public string? PredictionId { get; init; }

    public string? Label { get; init; }

    public float? Probability { get; init; }

    public IReadOnlyDictionary<string, float>? Scores { get; init; }

    public string? Error { get; init; }

    public string? Remedy { get; init; }
}

/// <summary>What it says of a request: of one picture, or of several in their order.</summary>
internal sealed record EndpointAnswer : PictureAnswer
{
    public required string Model { get; init; }

    public required string ModelVersion { get; init; }

    public required string Variant { get; init; }

    public IReadOnlyList<PictureAnswer>? Predictions { get; init; }
}

/// <summary>The JSON of that.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(EndpointAnswer))]
internal sealed partial class EndpointAnswerJson : JsonSerializerContext;
