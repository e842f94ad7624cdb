using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Tarn.Registry;

namespace Tarn;

/// <summary>One request in MLflow's way, and how it is answered.</summary>
internal sealed class MlflowCall(HttpContext http, ModelRegistry registry, MlflowFields fields)
{
    public HttpContext Http => http;

    public ModelRegistry Registry => registry;

    public MlflowFields Fields => fields;

    public CancellationToken Cancellation => http.RequestAborted;

    /// <summary>Who changes what, as far as MLflow's protocol tells.</summary>
    public AliasChange Change => new("MLflow client", "");

    public Task AnswerAsync<T>(T answer, JsonTypeInfo<T> type) => WriteAsync(http, 200, answer, type);

    public Task AnswerAsync() => WriteAsync(http, 200, new MlflowEmpty(), MlflowJson.Default.MlflowEmpty);

    public static Task FailAsync(HttpContext http, string code, string message, int? status = null) =>
        WriteAsync(http, status ?? MlflowFault.StatusOf(code), new MlflowErrorAnswer(code, message), MlflowJson.Default.MlflowErrorAnswer);

    private static Task WriteAsync<T>(HttpContext http, int status, T answer, JsonTypeInfo<T> type)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(http.Response.Body, answer, type, http.RequestAborted);
    }
}
