using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Tarn;

/// <summary>Says in the OpenAPI document how callers say who they are, and for which operations they need not; nothing where nobody is asked.</summary>
internal sealed class SecuritySchemes(SecurityPlan plan) : IOpenApiDocumentTransformer
{
    private const string Bearer = "bearer";
    private const string Key = "apiKey";
    private const string Session = "session";

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        if (!plan.IsRequired)
        {
            return Task.CompletedTask;
        }

        document.AddComponent<IOpenApiSecurityScheme>(Bearer, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = plan.TokenKeys is null ? "A key: tarn_ID_SECRET." : "A key (tarn_ID_SECRET), or a token (JWT) of the configured issuer.",
        });
        document.AddComponent<IOpenApiSecurityScheme>(Key, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Header,
            Name = Presented.KeyHeader,
            Description = "The same in a header of its own.",
        });
        document.AddComponent<IOpenApiSecurityScheme>(Session, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Cookie,
            Name = Presented.Cookie,
            Description = "A session of the console, begun by POST /api/v1/session with a key.",
        });

        // Any one of them will do.
        document.Security = [Requirement(Bearer), Requirement(Key), Requirement(Session)];
        foreach (var (path, item) in document.Paths)
        {
            foreach (var (method, operation) in item.Operations ?? [])
            {
                if (AccessRules.Find(method.Method, path, out _).IsOpen)
                {
                    operation.Security = [];
                }
            }
        }

        return Task.CompletedTask;

        OpenApiSecurityRequirement Requirement(string scheme) => new() { [new OpenApiSecuritySchemeReference(scheme, document)] = [] };
    }
}
