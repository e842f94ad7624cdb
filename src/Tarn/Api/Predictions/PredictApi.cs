using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Tarn.Core;
using Tarn.Registry;
using Tarn.Training;

namespace Tarn;

/// <summary>What registered image models say of pictures.</summary>
internal static class PredictApi
{
    /// <summary>Bytes of the pictures of a request at most.</summary>
    public const long MostBytes = 64L << 20;

    /// <summary>Pictures of a request at most.</summary>
    public const int MostPictures = 256;

    public static void Map(IEndpointRouteBuilder api) => api.MapGroup("/models").WithTags("models")
        .MapPost("/{model}/predict", static async (string model, long? version, string? alias, HttpContext http, LoadedModels models) =>
        {
            var found = await models.FindAsync(model, version, alias, http.RequestAborted);
            var classifier = await models.LoadAsync(found, http.RequestAborted);
            var files = await FilesAsync(http);
            var said = new PredictionView[files.Count];
            await Parallel.ForAsync(0, files.Count, http.RequestAborted, (i, _) =>
            {
                said[i] = Predict(files[i], classifier, found);
                return ValueTask.CompletedTask;
            });
            return TypedResults.Ok(new PredictionsView(found.Model, found.Version, IsSynthetic(found), classifier.Labels, said));
        })
        .WithSummary("What a registered image model says of pictures: a form with a file for each. By default the champion; else a version or an alias. A picture that cannot be read has an error in its place.")
        .Accepts<IFormFileCollection>("multipart/form-data")
        .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);

    private static PredictionView Predict(IFormFile file, ImageClassifier classifier, ModelVersion version)
    {
        var view = new PredictionView { File = file.FileName, Model = version.Model, ModelVersion = version.Version, Synthetic = IsSynthetic(version) };
        try
        {
            var bytes = new byte[file.Length];
            using var stream = file.OpenReadStream();
            stream.ReadExactly(bytes);
            var prediction = classifier.Classify(bytes);
            return view with
            {
                Label = prediction.Label,
                Probability = prediction.Probability,
                Scores = classifier.Labels.Select((label, i) => (label, score: prediction.Probabilities[i])).ToDictionary(static s => s.label, static s => s.score, StringComparer.Ordinal),
            };
        }
        catch (TarnException error)
        {
            return view with { Error = error.Value is null ? error.Rule : $"{error.Rule} ({error.Value})", Remedy = error.Remedy };
        }
    }

    private static async Task<IFormFileCollection> FilesAsync(HttpContext http)
    {
        if (!http.Request.HasFormContentType)
        {
            throw TarnException.InvalidInput("Pictures are sent as a form with a file for each.", http.Request.ContentType, "Send multipart/form-data.");
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = MostBytes * 2;
        }

        var options = new FormOptions { MultipartBodyLengthLimit = MostBytes, ValueCountLimit = MostPictures * 2 };
        var files = (await http.Request.ReadFormAsync(options, http.RequestAborted)).Files;
        return files.Count is >= 1 and <= MostPictures
            ? files
            : throw TarnException.InvalidInput($"A request has 1 to {MostPictures} pictures.", files.Count.ToString(System.Globalization.CultureInfo.InvariantCulture), "Send the others in another one.");
    }

    private static bool IsSynthetic(ModelVersion version) => version.Tags.Any(static t => t.Key == ModelCard.SyntheticTag && t.Value == "true");
}
